import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { join } from "node:path"
import { openLmdbStore } from "@millrace/store/lmdb"
import { seededRandom } from "@millrace/testkit"
import { crashRun } from "../../../packages/projector/test/support/crash-run.ts"
import type { Campaign, CampaignContext, CampaignOutcome } from "../campaign.ts"

const saidEvery = 100
// A history's journal is of no more use after it: the folder is made anew now and then.
const historiesPerFolder = 200
const historiesAtOnce = 4

/** Edits by four people in two workspaces while the projector is killed at random points; a round is a history. */
export const projectorCampaign: Campaign = {
  name: "projector",
  about:
    "random crash points of the projector on its real journal: no gap, no id with two meanings, nothing accepted early, converged",
  defaultRounds: 10_000,
  run: runProjector,
}

export async function runProjector({ rounds, seed, signal, folder, say }: CampaignContext): Promise<CampaignOutcome> {
  const seeds = seededRandom(seed)
  const counts = { histories: 0, crashes: 0, eventsKept: 0, repeats: 0 }
  const problems: string[] = []
  while (counts.histories < rounds && !signal.aborted) {
    const own = fastFolder(folder)
    const store = await openLmdbStore({ folder: join(own, "journals") })
    try {
      let at = 0
      const left = Math.min(historiesPerFolder, rounds - counts.histories)
      // Much of a history is waiting: several share the processor.
      const run = async (): Promise<void> => {
        while (at < left && !signal.aborted) {
          const number = at++
          const one = seeds.int(2 ** 31)
          const place = join(own, String(number))
          mkdirSync(place)
          const result = await crashRun({ seed: one, folder: place, store, stream: `journal-${number}/0` })
          rmSync(place, { recursive: true, force: true })
          counts.histories++
          counts.crashes += result.crashes
          counts.eventsKept += result.kept
          counts.repeats += result.repeats
          problems.push(...result.problems.map((problem) => `seed ${one}: ${problem}`))
          if (counts.histories % saidEvery === 0) {
            say(`${counts.histories} histories, ${counts.crashes} crashes, ${problems.length} problems`)
          }
        }
      }
      await Promise.all(Array.from({ length: historiesAtOnce }, run))
    } finally {
      await store.close()
      rmSync(own, { recursive: true, force: true })
    }
  }
  return { counts, figures: {}, problems }
}

/** In memory where there is one: what is killed here is the process, not the machine. */
function fastFolder(folder: string): string {
  return mkdtempSync(existsSync("/dev/shm") ? "/dev/shm/millrace-soak-projector-" : join(folder, "run-"))
}
