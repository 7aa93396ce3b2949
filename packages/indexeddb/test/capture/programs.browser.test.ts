import { join } from "node:path"
import { launchBrowser, seedFromEnvironment, tempDir } from "@millrace/testkit"
import { expect, test } from "vitest"
import type { Played } from "../../src/suite/index.ts"
import { serveScript } from "./serve-script.ts"

declare const playProgram: (seed: number, images: boolean) => Promise<Played>

test("I402 in Chromium on disk generated programs behave captured as bare, every change is marked and every image right", async () => {
  const browser = await launchBrowser({ profileDir: join(tempDir("programs"), "profile") })
  const page = await browser.newPage()
  await page.goto(await serveScript(join(import.meta.dirname, "programs-page.ts")))
  await page.waitForFunction(() => "playProgram" in globalThis)
  const first = seedFromEnvironment()
  let changes = 0
  for (let seed = first; seed < first + 40; seed += 1) {
    for (const images of [true, false]) {
      const played = await page.evaluate(([seed, images]) => playProgram(seed, images), [seed, images] as const)
      expect(played.problems).toEqual([])
      changes += played.changes
    }
  }
  expect(changes).toBeGreaterThan(400)
  await browser.close()
})
