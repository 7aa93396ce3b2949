import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { tempDir } from "@millrace/testkit"
import { open } from "lmdb"
import { expect, test } from "vitest"
import { openLmdbStore } from "../src/lmdb/index.ts"
import { decodeEntryRow, encodeEntryRow, partKey, streamIdOf } from "../src/lmdb/rows.ts"

const entry = { payload: new Uint8Array(200_000).fill(5), generation: 1, author: "a", timeMs: 1 }

test("S4 a folder that cannot be one is refused with kind storage and its name", async () => {
  const folder = tempDir("refused")
  const file = join(folder, "file")
  writeFileSync(file, "")
  for (const impossible of [file, join(file, "below"), "/proc/millrace/relay"]) {
    await expect(openLmdbStore({ folder: impossible })).rejects.toMatchObject({
      kind: "storage",
      message: expect.stringContaining(impossible) as string,
    })
  }
})

test("S4 a file that is no store is refused with kind storage and stays as it is", async () => {
  const folder = tempDir("foreign")
  writeFileSync(join(folder, "data.mdb"), "this is somebody's diary".repeat(1000))
  await expect(openLmdbStore({ folder })).rejects.toMatchObject({ kind: "storage" })
})

test("S5 a payload whose stored bytes changed, or one part of which is gone, is corrupt and never shorter", async () => {
  const folder = tempDir("damaged")
  const first = await openLmdbStore({ folder })
  await first.append("s", [entry, entry, entry])
  await first.close()
  const binary = { encoding: "binary", keyEncoding: "binary" } as const
  const root = open<Buffer, Buffer>({ path: folder, overlappingSync: false, mapSize: 2 ** 30, ...binary })
  const parts = root.openDB<Buffer, Buffer>({ name: "parts", ...binary })
  parts.putSync(partKey(streamIdOf("s"), 2, 0), Buffer.alloc(65_536, 6))
  parts.removeSync(partKey(streamIdOf("s"), 3, 1))
  await root.close()

  const store = await openLmdbStore({ folder })
  const reading = store.read("s", 0)[Symbol.asyncIterator]()
  expect((await reading.next()).value).toMatchObject({ seq: 1 })
  await expect(reading.next()).rejects.toMatchObject({ kind: "corrupt" })
  await expect(store.read("s", 2)[Symbol.asyncIterator]().next()).rejects.toMatchObject({ kind: "corrupt" })
  await store.close()
})

test("S5 a row of a later format is unsupported, and bytes that are no row are corrupt", () => {
  const row = encodeEntryRow({ generation: 1, author: "ä", timeMs: 2, bytes: 3, parts: 4, checksum: 5 })
  expect(decodeEntryRow(row)).toMatchObject({ generation: 1, author: "ä", timeMs: 2, bytes: 3, parts: 4, checksum: 5 })
  expect(() => decodeEntryRow(row.subarray(0, row.length - 1))).toThrow(expect.objectContaining({ kind: "corrupt" }))
  expect(() => decodeEntryRow(Buffer.alloc(0))).toThrow(expect.objectContaining({ kind: "corrupt" }))
  row[0] = 3
  expect(() => decodeEntryRow(row)).toThrow(expect.objectContaining({ kind: "unsupported" }))
})
