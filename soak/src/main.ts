// npm run soak -- NAME [--rounds N] [--seed S] [--out FOLDER]: a long campaign; its result goes to soak/results/NAME.json.
import { mkdtempSync, realpathSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { seedFromEnvironment } from "@millrace/testkit"
import { cleanUp } from "@millrace/testkit/at-end"
import { messageOf } from "@millrace/ports"
import type { Campaign } from "./campaign.ts"
import { campaigns } from "./campaigns.ts"
import { currentCommit, resultText, writeResult } from "./result.ts"
import { readSettings, type Settings } from "./settings.ts"

const root = join(import.meta.dirname, "../..")

/** 0 nothing wrong, 1 something was found wrong or it could not run, 64 wrong usage, 130 stopped before its end. */
async function main(campaign: Campaign, settings: Settings): Promise<number> {
  const stop = new AbortController()
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      if (!stop.signal.aborted) console.error("stopping after the round under way ...")
      stop.abort()
    })
  }
  const { rounds, seed } = settings
  const startedAt = new Date()
  const startedAtMs = performance.now()
  const folder = mkdtempSync(join(realpathSync(tmpdir()), `millrace-soak-${campaign.name}-`))
  console.log(`${campaign.name}: ${rounds} rounds, seed ${seed}`)
  try {
    const outcome = await campaign.run({
      rounds,
      seed,
      signal: stop.signal,
      folder,
      say: (line) => console.log(`[${((performance.now() - startedAtMs) / 1000).toFixed(0)} s] ${line}`),
    })
    const durationS = Math.round((performance.now() - startedAtMs) / 1000)
    const partial = stop.signal.aborted
    const head = { name: campaign.name, seed, startedAt: startedAt.toISOString(), durationS, partial }
    const text = resultText(head, currentCommit(root), outcome)
    console.log(`${text}${writeResult(settings.out, campaign.name, text)}`)
    if (outcome.problems.length > 0) return 1
    return partial ? 130 : 0
  } finally {
    await cleanUp()
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
  }
}

const read = readSettings(process.argv.slice(2), campaigns, join(root, "soak/results"), seedFromEnvironment())
if (typeof read === "number") {
  process.exitCode = read
} else {
  try {
    process.exitCode = await main(read.campaign, read.settings)
  } catch (thrown) {
    console.error(`soak: ${messageOf(thrown)}`)
    process.exitCode = 1
  }
  // Whatever a campaign left open must not keep the process.
  process.exit()
}
