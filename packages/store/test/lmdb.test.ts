import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { crc32 } from "node:zlib"
import { tempDir } from "@millrace/testkit"
import { open } from "lmdb"
import { expect, test } from "vitest"
import { openLmdbStore } from "../src/lmdb/index.ts"
import { decodeEntryRow, encodeEntryRow, entryKey, partKey, streamIdOf } from "../src/lmdb/rows.ts"

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

test("S51 a folder that was made before there were snapshots, trims and leases opens, and takes them", async () => {
  const folder = tempDir("older")
  const binary = { encoding: "binary", keyEncoding: "binary" } as const
  const root = open<Buffer, Buffer>({ path: folder, overlappingSync: false, mapSize: 2 ** 30, ...binary })
  const heads = root.openDB<Buffer, Buffer>({ name: "heads", useVersions: true, ...binary })
  const entries = root.openDB<Buffer, Buffer>({ name: "entries", ...binary })
  const parts = root.openDB<Buffer, Buffer>({ name: "parts", ...binary })
  const payload = Buffer.from("as it was")
  const row = { generation: 1, author: "a", timeMs: 2, bytes: payload.length, parts: 1, checksum: crc32(payload) }
  parts.putSync(partKey(streamIdOf("s"), 1, 0), payload)
  entries.putSync(entryKey(streamIdOf("s"), 1), encodeEntryRow(row))
  heads.putSync(Buffer.from("s"), Buffer.from([1]), 1)
  await root.close()

  const store = await openLmdbStore({ folder })
  const reading = store.read("s", 0)[Symbol.asyncIterator]()
  expect((await reading.next()).value).toMatchObject({ seq: 1, author: "a", payload })
  expect([await store.trimmed("s"), await store.readSnapshot("s")]).toEqual([0, undefined])
  await store.append("s", [entry])
  await store.snapshot("s", 2, payload)
  expect(await store.trim("s", 2)).toBe(2)
  expect((await store.acquire("p0", "me", 1000)).token).toBe(1)
  await store.close()
})

test("S51 a folder, a row or a snapshot of a later build is unsupported and stays as it is", async () => {
  const folder = tempDir("later")
  const store = await openLmdbStore({ folder })
  await store.append("s", [entry])
  await store.snapshot("s", 1, new Uint8Array(10))
  await store.close()
  const binary = { encoding: "binary", keyEncoding: "binary" } as const
  const later = async (table: string, key: Buffer, change: (value: Buffer) => Buffer): Promise<void> => {
    const root = open<Buffer, Buffer>({ path: folder, overlappingSync: false, mapSize: 2 ** 30, ...binary })
    const rows = root.openDB<Buffer, Buffer>({ name: table, useVersions: table === "snapshots", ...binary })
    const found = rows.getEntry(key)
    rows.putSync(key, change(found?.value ?? Buffer.alloc(4)), found?.version ?? 1)
    await root.close()
  }
  await later("snapshots", Buffer.from("s"), (row) => Buffer.from(row.fill(2, 0, 1)))
  const again = await openLmdbStore({ folder })
  await expect(again.readSnapshot("s")).rejects.toMatchObject({ kind: "unsupported" })
  await again.close()
  await later("meta", Buffer.from("format"), () => Buffer.from([0, 0, 0, 2]))
  await expect(openLmdbStore({ folder })).rejects.toMatchObject({ kind: "unsupported" })
})

test("S50 a snapshot whose stored bytes changed or lost a part is corrupt and never shorter", async () => {
  for (const harm of ["changed", "removed"]) {
    const folder = tempDir("damaged-snapshot")
    const store = await openLmdbStore({ folder })
    await store.append("s", [entry])
    await store.snapshot("s", 1, new Uint8Array(200_000).fill(7))
    await store.close()
    const binary = { encoding: "binary", keyEncoding: "binary" } as const
    const root = open<Buffer, Buffer>({ path: folder, overlappingSync: false, mapSize: 2 ** 30, ...binary })
    const parts = root.openDB<Buffer, Buffer>({ name: "snapshot-parts", ...binary })
    const [, second] = [...parts.getKeys()]
    if (second === undefined) throw new Error("there is no second part")
    if (harm === "removed") parts.removeSync(second)
    else parts.putSync(second, Buffer.alloc(65_536, 6))
    await root.close()
    const again = await openLmdbStore({ folder })
    await expect(again.readSnapshot("s")).rejects.toMatchObject({ kind: "corrupt" })
    await again.close()
  }
})
