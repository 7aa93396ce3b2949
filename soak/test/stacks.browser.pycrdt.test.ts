import { join } from "node:path"
import { seededRandom, tempDir } from "@millrace/testkit"
import { expect, test } from "vitest"
import { makeRelayHome, startRelayProcess } from "../src/relay/relay-process.ts"
import { openChromium } from "../src/stacks/chromium.ts"
import { fuzzStacks } from "../src/stacks/fuzz.ts"
import { pycrdt } from "../src/stacks/pycrdt.ts"
import { yjsInNode } from "../src/stacks/yjs-node.ts"

test("R210 stock clients of yjs in Node, yjs in Chromium and pycrdt, cut off again and again, end up equal with nothing pending or twice", async () => {
  const folder = tempDir("stacks")
  const home = makeRelayHome(join(folder, "home"))
  const { url } = await startRelayProcess(home, join(folder, "data"))
  const chromium = await openChromium(folder)
  const random = seededRandom()
  const stacks = [yjsInNode, chromium, pycrdt]
  const token = await home.token("write")
  for (const workspace of ["one", "two"]) {
    const outcome = await fuzzStacks({ url, workspace, token, random: random.fork(workspace), stacks, steps: 120 })
    expect(outcome.problems).toEqual([])
    expect(outcome.edits).toBeGreaterThan(50)
  }
  await chromium.close()
})

test("R211 client ids above 2^32, chosen or drawn by pycrdt itself, write in one workspace with others", async () => {
  const folder = tempDir("stacks")
  const home = makeRelayHome(join(folder, "home"))
  const { url } = await startRelayProcess(home, join(folder, "data"))
  const token = await home.token("write")
  const stacks = [yjsInNode, pycrdt]
  const outcome = await fuzzStacks({ url, workspace: "w", token, random: seededRandom(), stacks, steps: 80 })
  expect(outcome.problems).toEqual([])
  // One that yjs was given, one that pycrdt was given, and one that pycrdt drew from 53 bits.
  expect(outcome.wideIds).toBeGreaterThanOrEqual(2)
})
