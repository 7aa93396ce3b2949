import { join } from "node:path"
import { seededRandom } from "@millrace/testkit"
import type { Campaign, CampaignContext, CampaignOutcome } from "../campaign.ts"
import { quantile } from "../figures.ts"
import { CuttableDisk } from "./disk.ts"
import { endByKill } from "./kills.ts"
import { type LivesOutcome, noLives, runLives } from "./lives.ts"
import { endByPowerCut } from "./power-cuts.ts"
import { makeRelayHome, type RelayHome, startRelayProcess } from "./relay-process.ts"
import { WritersProcess } from "./writers-process.ts"

/** Rounds on one data folder, or disk; the next begin on an empty one. */
const roundsPerEra = 50
const saidEvery = 25
/** Eras of one kind that run at a time: most of a life is waiting. */
const lanes = 2

/** Kills and power cuts, as many of each as there are rounds, side by side. */
export const relayCampaign: Campaign = {
  name: "relay",
  about: "nothing acknowledged is lost: kills of relay and writers, and as many power cuts (root, loop devices)",
  defaultRounds: 1000,
  run: async (context) => {
    const home = makeRelayHome(join(context.folder, "home"))
    await warm(home, join(context.folder, "warm"))
    const [kills, cuts] = await Promise.all([runKills(context, home), runPowerCuts(context, home)])
    return summarise(kills, cuts)
  },
}

/** A clean start and end of each program leaves its compiled code for the rounds. */
export async function warm(home: RelayHome, dataDir: string): Promise<void> {
  const relay = await startRelayProcess(home, dataDir)
  await relay.child.kill("SIGTERM")
  await new WritersProcess(home.compileCache).dismiss()
}

type Part = Pick<CampaignContext, "rounds" | "seed" | "signal" | "folder" | "say">

export function runKills(context: Part, home: RelayHome): Promise<LivesOutcome> {
  return runEras(context, async (era, rounds, outcome) => {
    const dataDir = join(context.folder, `killed-${era}`)
    const random = seededRandom(context.seed).fork(`kills ${era}`)
    const notesFolder = join(context.folder, `notes-of-kills-${era}`)
    await runLives(
      { rounds, random, home, dataDir, notesFolder, end: endByKill, ...progress(context, "kills", era) },
      outcome,
    )
  })
}

export function runPowerCuts(context: Part, home: RelayHome): Promise<LivesOutcome> {
  return runEras(context, async (era, rounds, outcome) => {
    const disk = await CuttableDisk.make(join(context.folder, `cut-${era}`))
    try {
      const random = seededRandom(context.seed).fork(`power cuts ${era}`)
      const dataDir = join(disk.mountPoint, "data")
      const notesFolder = join(context.folder, `notes-of-cuts-${era}`)
      const end = endByPowerCut(disk)
      await runLives(
        { rounds, random, home, dataDir, notesFolder, end, ...progress(context, "power cuts", era) },
        outcome,
      )
    } finally {
      await disk.remove()
    }
  })
}

async function runEras(
  { rounds, signal }: Part,
  runEra: (era: number, rounds: number, outcome: LivesOutcome) => Promise<void>,
): Promise<LivesOutcome> {
  const outcome = noLives()
  let next = 0
  const runLane = async (): Promise<void> => {
    for (let era = next++; era * roundsPerEra < rounds && !signal.aborted; era = next++) {
      await runEra(era, Math.min(roundsPerEra, rounds - era * roundsPerEra), outcome)
    }
  }
  await Promise.all(Array.from({ length: lanes }, runLane))
  return outcome
}

function progress(
  { signal, say }: Part,
  what: string,
  era: number,
): { name: string; signal: AbortSignal; onRound: (so: LivesOutcome) => void } {
  return {
    name: `${what}, era ${era}`,
    signal,
    onRound: ({ rounds, acknowledged, problems }) => {
      if (rounds % saidEvery !== 0) return
      say(`${what}: ${rounds}, ${acknowledged} edits acknowledged, ${problems.length} problems`)
      if (problems.length > 0) say(problems.at(-1) ?? "")
    },
  }
}

function summarise(kills: LivesOutcome, cuts: LivesOutcome): CampaignOutcome {
  return {
    counts: { ...countsOf("kills", kills), ...countsOf("powerCuts", cuts) },
    figures: { ...figuresOf("kills", kills), ...figuresOf("powerCuts", cuts) },
    problems: [...kills.problems, ...cuts.problems],
  }
}

function countsOf(
  name: string,
  { rounds, acknowledged, checks, compactions, found }: LivesOutcome,
): Record<string, number> {
  const counts = { acknowledged, checks, compactions, ...found }
  return {
    [name]: rounds,
    ...Object.fromEntries(Object.entries(counts).map(([key, count]) => [`${name}.${key}`, count])),
  }
}

function figuresOf(name: string, { rounds, acknowledged, roundMs, startMs }: LivesOutcome): Record<string, number> {
  return {
    [`${name}.acknowledgedPerRound`]: rounds === 0 ? 0 : Math.round((10 * acknowledged) / rounds) / 10,
    [`${name}.roundMsP50`]: quantile(roundMs, 0.5),
    [`${name}.roundMsP99`]: quantile(roundMs, 0.99),
    [`${name}.relayStartMsP50`]: quantile(startMs, 0.5),
  }
}
