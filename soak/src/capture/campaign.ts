import { join } from "node:path"
import type { Played } from "@millrace/indexeddb/suite"
import { launchBrowser } from "@millrace/testkit"
import type { Page } from "playwright-core"
import type { Campaign, CampaignContext, CampaignOutcome } from "../campaign.ts"
import { servePage } from "../serve-page.ts"

declare const playProgram: (seed: number, images: boolean) => Promise<Played>

const saidEvery = 100

/** Generated IndexedDB programs in Chromium on disk, bare against captured; a round is one program, with images and without. */
export const captureCampaign: Campaign = {
  name: "capture",
  about:
    "generated IndexedDB programs in Chromium on disk, bare against captured: same results, all marked, all images right",
  defaultRounds: 2_000,
  run: runCapture,
}

export async function runCapture({ rounds, seed, signal, folder, say }: CampaignContext): Promise<CampaignOutcome> {
  const served = await servePage(join(import.meta.dirname, "page.ts"))
  const browser = await launchBrowser({ profileDir: join(folder, "profile") })
  const problems: string[] = []
  let programs = 0
  let transactions = 0
  let changes = 0
  let resets = 0
  try {
    const page = await browser.newPage()
    await page.goto(served.address)
    await page.waitForFunction(() => "playProgram" in globalThis)
    for (; programs < rounds && !signal.aborted; programs += 1) {
      for (const images of [true, false]) {
        const played = await play(page, seed + programs, images)
        problems.push(...played.problems)
        transactions += played.transactions
        changes += played.changes
        resets += played.resets
      }
      if (programs % saidEvery === saidEvery - 1) say(`${programs + 1} programs, ${problems.length} problems`)
    }
  } finally {
    await browser.close()
    served.close()
  }
  return { counts: { programs, runs: programs * 2, transactions, changes, resets }, figures: {}, problems }
}

function play(page: Page, seed: number, images: boolean): Promise<Played> {
  return page.evaluate(([seed, images]) => playProgram(seed, images), [seed, images] as const)
}
