import { join } from "node:path"
import { seededRandom, spawnNode, tempDir, waitFor } from "@millrace/testkit"
import { expect, test } from "vitest"
import { openLmdbStore } from "../src/lmdb/index.ts"
import { ackedIn, lostFrom, streamNames } from "./support/expected.ts"

const appender = join(import.meta.dirname, "support/appender.ts")

function countIn(acked: ReadonlyMap<string, number>): number {
  return [...acked.values()].reduce((sum, seq) => sum + seq, 0)
}

test("S2 a writer killed at any moment leaves every acknowledged entry, and only whole ones", async () => {
  const random = seededRandom()
  const folder = tempDir("killed")
  let floor = 0
  for (let round = 0; round < 5; round++) {
    const child = await spawnNode(appender, { args: [folder], readyLine: /^ready$/ })
    const more = 1 + random.int(300)
    await waitFor(() => countIn(ackedIn(child.stdout)) >= floor + more, { what: `${more} acknowledged appends` })
    await child.kill("SIGKILL")
    const acked = ackedIn(child.stdout)
    const store = await openLmdbStore({ folder })
    expect(await lostFrom(store, acked)).toBe(0)
    floor = 0
    for (const stream of streamNames) floor += await store.head(stream)
    await store.close()
  }
}, 60_000)

test("S3 two processes on one folder never give one seq twice, and each sees what the other stored", async () => {
  const folder = tempDir("shared")
  const store = await openLmdbStore({ folder })
  const child = await spawnNode(appender, { args: [folder], readyLine: /^ready$/ })
  const own = { payload: new Uint8Array([1]), generation: 1, author: "own", timeMs: 0 }
  const seqs: number[] = []
  for (let count = 0; count < 50; count++) seqs.push(await store.append("both", [own]))
  expect(seqs).toEqual(Array.from({ length: 50 }, (_, index) => index + 1))
  await waitFor(async () => (await store.head("log/a@1")) > 20, { what: "entries of the other process" })
  // On the child's own stream its fence must notice us.
  await store.append("log/a@1", [own])
  await child.line(/conflict|should be/)
  await child.killGroup()
  await store.close()
}, 60_000)
