import { mkdirSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"
import { messageOf } from "@millrace/ports"
import type { SeededRandom } from "@millrace/testkit"
import { joinCold } from "./join.ts"
import { checkDocument, countFindings, findingKinds, type Findings, nothingOwed, type Owed } from "./owed.ts"
import type { PlantName } from "./planted-store.ts"
import { type RelayHome, type RelayProcess, startRelayProcess } from "./relay-process.ts"
import { WritersProcess } from "./writers-process.ts"

export interface LivesOptions {
  /** Names these lives in what is found wrong. */
  readonly name: string
  readonly rounds: number
  readonly random: SeededRandom
  readonly home: RelayHome
  /** Of the relay; the same for every life, whatever `end` does to what is below it. */
  readonly dataDir: string
  /** Where writers note what was acknowledged; it survives what `dataDir` may not. */
  readonly notesFolder: string
  readonly plant?: PlantName
  /** Another way from the writers to the relay. */
  readonly through?: (url: string) => Promise<string>
  /** Ends relay and writers at this moment, and resolves when both are gone and the data is as they left it. */
  readonly end: (relay: RelayProcess, writers: WritersProcess, random: SeededRandom) => Promise<void>
  readonly signal?: AbortSignal
  readonly onRound?: (outcome: LivesOutcome) => void
}

export interface LivesOutcome {
  rounds: number
  /** Edits and removals that were acknowledged. */
  acknowledged: number
  /** Logs that were compacted while writers wrote; more were begun, and ended with the relay. */
  compactions: number
  /** Documents that a fresh client received and that were compared. */
  checks: number
  readonly found: Record<(typeof findingKinds)[number], number>
  readonly problems: string[]
  readonly roundMs: number[]
  readonly startMs: number[]
}

export function noLives(): LivesOutcome {
  const found = { lost: 0, twice: 0, returned: 0, strange: 0, pending: 0 }
  return { rounds: 0, acknowledged: 0, checks: 0, compactions: 0, found, problems: [], roundMs: [], startMs: [] }
}

/** Many, so that logs grow long enough to be compacted. */
const roundsPerWorkspace = 50
const ackDeadlineMs = 20_000
/** A life goes on for at most this long after its first ack. */
const maxLifeMs = 250
const shownMarks = 3

/**
 * Lives of a relay and its writers, one after the other on the same data, each ended in mid-work; every next life begins
 * with a check that all that was ever acknowledged is there.
 */
export async function runLives(options: LivesOptions, outcome: LivesOutcome = noLives()): Promise<LivesOutcome> {
  const { rounds, random, home } = options
  const owed = new Map<string, Owed>()
  mkdirSync(options.notesFolder, { recursive: true })
  let spare = new WritersProcess(home.compileCache)
  let living: { readonly relay: RelayProcess; readonly writers: WritersProcess } | undefined
  let last: string | undefined
  try {
    for (let round = 0; round < rounds && options.signal?.aborted !== true; round++) {
      const startedAtMs = performance.now()
      const writers = spare
      const workspace = `w${Math.floor(round / roundsPerWorkspace)}`
      const relay = await startRelayProcess(home, options.dataDir, options.plant)
      outcome.startMs.push(performance.now() - startedAtMs)
      spare = new WritersProcess(home.compileCache)
      living = { relay, writers }
      const { url } = relay
      await writers.begin({
        url: options.through === undefined ? url : await options.through(url),
        workspace,
        token: await home.token("write"),
        round,
        seed: random.int(2 ** 31),
        notes: join(options.notesFolder, `round-${round}`),
        writers: 4,
        stockWriters: 1,
        pauseMs: random.pick([3, 12, 30]),
      })
      if (last !== undefined) await check(options, url, last, owed, round, outcome)
      await writers.acknowledged(ackDeadlineMs)
      if (random.chance(0.4)) {
        const compacting = compact(url, workspace, await home.token("admin"), outcome)
        // Some lives end while it goes on, and some after it.
        if (random.chance(0.5)) await compacting
      }
      await pause(random.int(maxLifeMs))
      await options.end(relay, writers, random)
      await writers.ended
      living = undefined
      const debt = owed.get(workspace) ?? nothingOwed()
      owed.set(workspace, debt)
      outcome.acknowledged += enter(debt, writers.lines)
      outcome.rounds += 1
      outcome.roundMs.push(performance.now() - startedAtMs)
      last = workspace
      options.onRound?.(outcome)
    }
    await checkAll(options, owed, outcome)
  } catch (thrown) {
    outcome.problems.push(`${options.name} of seed ${random.seed} did not end: ${messageOf(thrown)}`)
    living?.writers.kill()
    await living?.relay.child.kill()
  } finally {
    await spare.dismiss()
  }
  return outcome
}

/** Has the relay compact the log at this moment. */
async function compact(url: string, workspace: string, token: string, outcome: LivesOutcome): Promise<void> {
  try {
    const headers = { authorization: `Bearer ${token}` }
    const answer = await fetch(`${url}/workspaces/${workspace}/compact`, { method: "POST", headers })
    const { seq } = (await answer.json()) as { readonly seq?: number | null }
    if (typeof seq === "number") outcome.compactions += 1
  } catch {
    // The relay was killed meanwhile.
  }
}

async function checkAll(options: LivesOptions, owed: ReadonlyMap<string, Owed>, outcome: LivesOutcome): Promise<void> {
  const relay = await startRelayProcess(options.home, options.dataDir, options.plant)
  for (const workspace of owed.keys()) await check(options, relay.url, workspace, owed, options.rounds, outcome)
  await relay.child.kill("SIGTERM")
}

async function check(
  { name, home, random }: LivesOptions,
  url: string,
  workspace: string,
  owed: ReadonlyMap<string, Owed>,
  round: number,
  outcome: LivesOutcome,
): Promise<void> {
  const doc = await joinCold(url, workspace, await home.token("read"))
  const findings = checkDocument(doc, owed.get(workspace) ?? nothingOwed(), round)
  doc.destroy()
  outcome.checks += 1
  const counts = countFindings(findings)
  for (const kind of findingKinds) outcome.found[kind] += counts[kind]
  if (findingKinds.some((kind) => counts[kind] > 0)) {
    outcome.problems.push(`${name} of seed ${random.seed}, ${workspace} before round ${round}: ${describe(findings)}`)
  }
}

function describe(findings: Findings): string {
  const { pending, ...lists } = findings
  const parts = Object.entries(lists)
    .filter(([, marks]) => marks.length > 0)
    .map(([kind, marks]) => `${marks.length} ${kind} (${marks.slice(0, shownMarks).join(", ")})`)
  return [...parts, ...(pending > 0 ? ["structs pending"] : [])].join(", ")
}

/** Enters what the writers said; how many acks there were. */
function enter(owed: Owed, lines: readonly string[]): number {
  const sets = { "+": owed.added, "-": owed.removed, "~": owed.leaving } as const
  let acks = 0
  for (const line of lines) {
    const sign = line[0]
    if (sign !== "+" && sign !== "-" && sign !== "~") continue
    sets[sign].add(line.slice(1))
    if (sign !== "~") acks += 1
  }
  return acks
}
