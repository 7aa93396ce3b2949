import { messageOf } from "@millrace/ports"
import { KindsHistory } from "./history.ts"
import { type OpenKinds, realKinds } from "./subject.ts"

export interface HistoriesOptions {
  /** Each history is played again by its own: this one, the next, and so on. */
  readonly seed: number
  readonly histories: number
  /** Steps of one history, before everybody hears everything. */
  readonly steps?: number
  readonly open?: OpenKinds
}

export interface HistoriesOutcome {
  histories: number
  operations: number
  /** Writes that are in force nowhere and listed nowhere, or were overruled by what had not seen them. */
  lostEdits: number
  /** Values that show where they do not belong. */
  leaks: number
  silentDrops: number
  /** What was removed and shows all the same. */
  zombies: number
  /** Replicas, orders of delivery or generations that disagree; events and queries that are wrong. */
  divergences: number
  otherFaults: number
  /** One line each, with the seed that repeats it; the first hundred. */
  readonly problems: string[]
}

const maxProblems = 100

/**
 * Plays random histories of records with fields of every kind and compares them with the reference.
 *
 * Yields after each history, always the one outcome that counts all.
 */
export function* playHistories({
  seed,
  histories,
  steps = 100,
  open = realKinds,
}: HistoriesOptions): Generator<HistoriesOutcome, HistoriesOutcome> {
  const outcome: HistoriesOutcome = {
    histories: 0,
    operations: 0,
    lostEdits: 0,
    leaks: 0,
    silentDrops: 0,
    zombies: 0,
    divergences: 0,
    otherFaults: 0,
    problems: [],
  }
  for (let at = 0; at < histories; at++) {
    playOne(seed + at, steps, open, outcome)
    yield outcome
  }
  return outcome
}

function playOne(seed: number, steps: number, open: OpenKinds, outcome: HistoriesOutcome): void {
  const problems: string[] = []
  outcome.histories++
  try {
    const { faults, divergences, operations } = new KindsHistory(seed, open).run(steps)
    outcome.operations += operations
    outcome.divergences += divergences.length
    for (const fault of faults) outcome[countOf(fault)]++
    problems.push(...new Set([...faults, ...divergences]))
  } catch (thrown) {
    outcome.otherFaults++
    problems.push(`it threw: ${messageOf(thrown)}`)
  }
  for (const problem of problems) {
    if (outcome.problems.length < maxProblems) outcome.problems.push(`seed ${seed}: ${problem}`)
  }
}

function countOf(fault: string): "lostEdits" | "leaks" | "silentDrops" | "zombies" | "otherFaults" {
  if (fault.startsWith("lost")) return "lostEdits"
  if (/^(leak|stale|unknown)/.test(fault)) return "leaks"
  if (fault.startsWith("silent")) return "silentDrops"
  return /^(zombie|doubled)/.test(fault) ? "zombies" : "otherFaults"
}
