// Runs in every test file (vitest.config.ts): what a test began ends with its file, and a red test names its seeds.
import { cleanUp, takeSeeds } from "@millrace/testkit/at-end"
import { afterAll, afterEach, beforeEach } from "vitest"

beforeEach((context) => {
  context.onTestFailed(() => {
    const seeds = takeSeeds()
    if (seeds.length > 0) console.error(`seeds of "${context.task.name}": MILLRACE_SEED=${seeds.join(" or ")}`)
  })
})
afterEach((context) => {
  // The failure handlers run after this hook and still need the seeds.
  if (context.task.result?.state !== "fail") takeSeeds()
})
afterAll(cleanUp)
