import { join } from "node:path"
import { messageOf } from "@millrace/ports"
import { seededRandom } from "@millrace/testkit"
import type { Campaign } from "../campaign.ts"
import { quantile } from "../figures.ts"
import { makeRelayHome, startRelayProcess } from "../relay/relay-process.ts"
import { openChromium } from "./chromium.ts"
import { fuzzStacks } from "./fuzz.ts"
import { pycrdt } from "./pycrdt.ts"
import { yjsInNode } from "./yjs-node.ts"
import { buildYrs, yrs } from "./yrs.ts"

const stepsPerRound = 150
const saidEvery = 10

/** Four stacks in one workspace after another, on one relay. */
export const stacksCampaign: Campaign = {
  name: "stacks",
  about:
    "stock clients of yjs (Node, Chromium), pycrdt and yrs in one workspace, edited and cut off until all are equal",
  defaultRounds: 100,
  run: async ({ rounds, seed, signal, folder, say }) => {
    say("building the yrs client ...")
    await buildYrs()
    const home = makeRelayHome(join(folder, "home"))
    const { url, child } = await startRelayProcess(home, join(folder, "data"))
    const chromium = await openChromium(folder)
    const stacks = [yjsInNode, chromium, pycrdt, yrs]
    const token = await home.token("write")
    const counts = { rounds: 0, edits: 0, cuts: 0, wideIds: 0, failedRounds: 0 }
    const settleMs: number[] = []
    const problems: string[] = []
    for (let round = 0; round < rounds && !signal.aborted; round++) {
      const workspace = `w${round}`
      const random = seededRandom(seed).fork(`round ${round}`)
      try {
        const outcome = await fuzzStacks({ url, workspace, token, random, stacks, steps: stepsPerRound })
        counts.edits += outcome.edits
        counts.cuts += outcome.cuts
        counts.wideIds += outcome.wideIds
        settleMs.push(outcome.settleMs)
        if (outcome.problems.length > 0) counts.failedRounds += 1
        problems.push(...outcome.problems.map((problem) => `round ${round} of seed ${seed}: ${problem}`))
      } catch (thrown) {
        counts.failedRounds += 1
        problems.push(`round ${round} of seed ${seed} did not end: ${messageOf(thrown)}`)
      }
      counts.rounds += 1
      if (counts.rounds % saidEvery === 0)
        say(`${counts.rounds} rounds, ${counts.edits} edits, ${problems.length} problems`)
    }
    await chromium.close()
    await child.kill("SIGTERM")
    const figures = { settleMsP50: quantile(settleMs, 0.5), settleMsP99: quantile(settleMs, 0.99) }
    return { counts: { ...counts, stacks: stacks.length }, figures, problems }
  },
}
