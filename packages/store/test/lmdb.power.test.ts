import { execFileSync } from "node:child_process"
import { rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { makeCuttableDisk, seededRandom, spawnNode, waitFor } from "@millrace/testkit"
import { expect, test } from "vitest"
import { openLmdbStore } from "../src/lmdb/index.ts"
import { ackedIn, compactedIn, lostFrom, wrongIn } from "./support/expected.ts"

const appender = join(import.meta.dirname, "support/appender.ts")
const compacter = join(import.meta.dirname, "support/compacter.ts")

/** Acknowledged appends that are not on the disk once its power was cut under load. */
async function lostByPowerCut(mode: "flushed" | "committed", appends: number): Promise<number> {
  const disk = await makeCuttableDisk({ bytes: 192 << 20 })
  const child = await spawnNode(appender, { args: [join(disk.folder, "store"), mode], readyLine: /^ready$/ })
  const count = (): number => [...ackedIn(child.stdout).values()].reduce((sum, seq) => sum + seq, 0)
  await waitFor(() => count() >= appends, { what: `${appends} acknowledged appends`, everyMs: 5 })
  let owed = new Map() as ReturnType<typeof ackedIn>
  const after = await disk.cutPower([child], () => (owed = ackedIn(child.stdout)))
  await child.kill("SIGKILL")
  const store = await openLmdbStore({ folder: join(after, "store") })
  try {
    return await lostFrom(store, owed)
  } finally {
    await store.close()
  }
}

test("S6 a power cut under load loses no acknowledged entry", async () => {
  const random = seededRandom()
  for (let round = 0; round < 3; round++) expect(await lostByPowerCut("flushed", 50 + random.int(400))).toBe(0)
})

test("S6 a store that acknowledges before the flush is caught by the same procedure", async () => {
  expect(await lostByPowerCut("committed", 300)).toBeGreaterThan(0)
})

/** What is wrong with snapshots and trims once the power was cut while they were made. */
async function wrongAfterPowerCut(mode: "flushed" | "committed", trims: number): Promise<readonly string[]> {
  const disk = await makeCuttableDisk({ bytes: 192 << 20 })
  const child = await spawnNode(compacter, { args: [join(disk.folder, "store"), mode], readyLine: /^ready$/ })
  await waitFor(() => child.stdout.split("trimmed").length > trims, { what: `${trims} trims`, everyMs: 2 })
  let owed = compactedIn("")
  const after = await disk.cutPower([child], () => (owed = compactedIn(child.stdout)))
  await child.kill("SIGKILL")
  const store = await openLmdbStore({ folder: join(after, "store") })
  try {
    return await wrongIn(store, "log/a@1", owed)
  } finally {
    await store.close()
  }
}

test("S53 a power cut while snapshots are made and logs trimmed loses no acknowledged entry, snapshot or trim", async () => {
  const random = seededRandom()
  for (let round = 0; round < 3; round++) expect(await wrongAfterPowerCut("flushed", 3 + random.int(20))).toEqual([])
})

test("S53 a store that resolves snapshots before their flush is caught by the same procedure", async () => {
  expect(await wrongAfterPowerCut("committed", 10)).not.toEqual([])
})

test("S7 a full disk refuses the append with kind storage, harms nothing, and takes appends again once there is room", async () => {
  const disk = await makeCuttableDisk({ bytes: 24 << 20 })
  const hog = join(disk.folder, "hog")
  writeFileSync(hog, new Uint8Array(6 << 20))
  const store = await openLmdbStore({ folder: join(disk.folder, "store") })
  const entry = { payload: new Uint8Array(1 << 20).fill(7), generation: 1, author: "a", timeMs: 1 }
  let stored = 0
  const fill = async (): Promise<void> => {
    for (; stored < 100; stored++) await store.append("s", [entry])
  }
  await expect(fill()).rejects.toMatchObject({ kind: "storage" })
  expect(stored).toBeGreaterThan(1)
  expect(await store.head("s")).toBe(stored)
  rmSync(hog)
  expect(await store.append("s", [entry])).toBe(stored + 1)
  let read = 0
  for await (const one of store.read("s", 0)) read += one.payload.length === 1 << 20 ? 1 : 0
  expect(read).toBe(stored + 1)
  await store.close()
})

test("S4 a folder on a disk that may only be read is refused with kind storage", async () => {
  const disk = await makeCuttableDisk({ bytes: 24 << 20 })
  const folder = join(disk.folder, "store")
  await (await openLmdbStore({ folder })).close()
  execFileSync("mount", ["-o", "remount,ro", disk.folder])
  await expect(openLmdbStore({ folder })).rejects.toMatchObject({ kind: "storage" })
})
