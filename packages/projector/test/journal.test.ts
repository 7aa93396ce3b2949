import { cpSync, rmSync } from "node:fs"
import { join } from "node:path"
import { MillraceError, silentLog, systemClock } from "@millrace/ports"
import type { Store } from "@millrace/store"
import { openLmdbStore } from "@millrace/store/lmdb"
import { overStore } from "@millrace/store/suite"
import { atEndOfTests, type SeededRandom, seededRandom, tempDir } from "@millrace/testkit"
import { expect, test } from "vitest"
import { decodeEntry, type Derived, type DerivedRecord, encodeEntry, type Receipts } from "../src/journal/entry.ts"
import { Ledger } from "../src/journal/ledger.ts"
import { splitDerived, splitReceipts } from "../src/journal/split.ts"
import { View } from "../src/view/view.ts"
import { dumpView } from "./support/dump.ts"
import { memoryLogTarget, memoryStateTarget } from "./support/memory-target.ts"
import { moody } from "./support/moody.ts"
import { Stage } from "./support/stage.ts"

function record(n: number, bytes: number): DerivedRecord {
  const id = `r${String(n).padStart(4, "0")}`
  const after = JSON.stringify({ title: "é".repeat(bytes / 2) })
  const state = { hash: "h", after, author: "ann", timeMs: 1, seqFrom: 1, seq: 1 }
  return { collection: "notes", id, version: 1, op: "add", ...state }
}

const nothing: Derived = {
  kind: "derived",
  workspace: "w",
  generation: 1,
  records: [],
  invalid: [],
  mended: [],
  seen: [],
  position: 9,
}

test("J27 above 512 kB what one look gave is cut at record borders, and only the last entry moves the position", () => {
  const records = Array.from({ length: 300 }, (_, n) => record(n, 4_000 + (n % 7) * 10))
  records.splice(100, 0, record(1_000, 700_000))
  const entries = splitDerived({ ...nothing, records, mended: [["notes", "m"]] })
  expect(entries.length).toBeGreaterThan(3)
  expect(entries.flatMap((entry) => entry.records)).toEqual(records)
  expect(entries.flatMap((entry) => entry.mended)).toEqual([["notes", "m"]])
  expect(entries.map(({ position }) => position)).toEqual([...entries.slice(1).map(() => null), 9])
  for (const entry of entries) {
    if (entry.records.length > 1) expect(encodeEntry(entry).length).toBeLessThan(512 * 1024 + 300)
  }
  expect(splitDerived(nothing)).toEqual([nothing])
})

test("J27 receipts are cut the same way", () => {
  const accepted = Array.from({ length: 900 }, (_, n) => ["notes", `r${n}`, 1] as const)
  const receipts: Receipts = { kind: "receipts", binding: "b", revision: 1, workspace: "w", accepted, failed: [] }
  const entries = splitReceipts(receipts, 1_000)
  expect(entries.flatMap((entry) => entry.accepted)).toEqual(accepted)
  for (const entry of entries) expect(encodeEntry(entry).length).toBeLessThan(1_200)
  expect(splitReceipts({ ...receipts, accepted: [] })).toEqual([])
})

test("J28 a journal entry that this program does not know is refused, never skipped", () => {
  expect(decodeEntry(encodeEntry(nothing))).toMatchObject(nothing)
  const later = Buffer.from(JSON.stringify({ v: 2, kind: "derived" }))
  expect(() => decodeEntry(later)).toThrow(expect.objectContaining({ kind: "unsupported" }) as Error)
  expect(() => decodeEntry(Buffer.from('{"v":1,"kind":"strange"}'))).toThrow(/run the newer one/)
  expect(() => decodeEntry(Buffer.from("{"))).toThrow(expect.objectContaining({ kind: "corrupt" }) as Error)
})

test("J28 a journal whose hashes are of a later canonical form is refused", async () => {
  const folder = tempDir("form")
  const store = await storeIn(folder)
  await openOn(store, join(folder, "a"), seededRandom(), 2)
  await expect(openOn(store, join(folder, "b"), seededRandom(), 1)).rejects.toMatchObject({ kind: "unsupported" })
})

interface Open {
  readonly ledger: Ledger
  readonly view: View
}

async function openOn(store: Store, path: string, random: SeededRandom, canonicalForm = 1): Promise<Open> {
  const view = View.open(path)
  atEndOfTests(() => view.close())
  const ledger = await Ledger.open({
    store,
    stream: "journal/0",
    view,
    canonicalForm,
    clock: systemClock,
    random,
    log: silentLog,
  })
  return { ledger, view }
}

async function storeIn(folder: string): Promise<Store> {
  const store = await openLmdbStore({ folder: join(folder, "journal") })
  atEndOfTests(() => store.close())
  return store
}

const one = (seq: number): Derived => ({
  ...nothing,
  records: [{ ...record(seq, 10), seq, seqFrom: seq }],
  position: seq,
})

test("J29 of two projectors on one journal the second to write stops for good, with nothing of either lost", async () => {
  const folder = tempDir("fence")
  const store = await storeIn(folder)
  const random = seededRandom()
  const first = await openOn(store, join(folder, "a"), random)
  const second = await openOn(store, join(folder, "b"), random)
  await first.ledger.commit([one(1)])
  await expect(second.ledger.commit([one(2)])).rejects.toMatchObject({ kind: "conflict" })
  await expect(second.ledger.commit([one(2)])).rejects.toMatchObject({ kind: "conflict" })
  expect(second.ledger.fenced).toBe(true)
  await first.ledger.commit([one(3)])
  expect(first.ledger.fenced).toBe(false)
  expect(await store.head("journal/0")).toBe(3)
})

test("J30 after an append of unknown outcome the journal decides what is true", async () => {
  for (const arrived of [true, false]) {
    const folder = tempDir("outcome")
    const inner = await storeIn(folder)
    let lose = false
    const store: Store = overStore(inner, {
      append: async (stream, entries, expectedSeq) => {
        if (!lose) return inner.append(stream, entries, expectedSeq)
        lose = false
        if (arrived) await inner.append(stream, entries, expectedSeq)
        throw new MillraceError("no answer", { kind: "timeout", retry: "now" })
      },
    })
    const { ledger, view } = await openOn(store, join(folder, "view"), seededRandom())
    lose = true
    await expect(ledger.commit([one(1)])).rejects.toMatchObject({ kind: "timeout" })
    expect(ledger.failure?.kind).toBe("timeout")
    await ledger.commit([one(2)])
    expect(ledger.failure).toBeUndefined()
    expect(view.record("w", "notes", "r0001")?.version).toBe(arrived ? 1 : undefined)
    expect(view.record("w", "notes", "r0002")?.version).toBe(1)
    expect(view.applied.seq).toBe(await inner.head("journal/0"))
  }
})

test("J31 a view that is lost, older, or of another journal is rebuilt, row for row what it would have been", async () => {
  const random = seededRandom()
  const stage = new Stage()
  const sink = memoryLogTarget({ apply: moody(random.fork("sink")) })
  const mirror = memoryStateTarget({ name: "mirror", apply: moody(random.fork("mirror")) })
  const options = {
    targets: [sink, mirror],
    bindings: [
      { name: "log", target: "sink", collections: ["notes", "tags"] },
      { name: "state", target: "mirror", collections: ["notes"] },
    ],
  }
  const path = join(stage.folder, "view")
  const old = join(stage.folder, "old")
  for (let round = 0; round < 3; round++) {
    await stage.start(options)
    for (let n = 0; n < 15; n++) {
      const id = random.pick(["a", "b", "c", "a long name with ünicode / and \u0001"])
      const title = random.pick(["t", "poison", 7, `t${n}`])
      if (random.chance(0.2) && stage.writer.records.collection("notes").has(id)) stage.writer.delete(id)
      else stage.writer.put(id, title, undefined, random.pick(["notes", "tags"]))
    }
    await stage.settled()
    await stage.stop()
    if (round === 0) cpSync(path, old, { recursive: true })
  }
  const kept = await dumpView(path)
  expect(kept.length).toBeGreaterThan(1_000)
  const rebuilt = async (): Promise<string> => {
    const store = await openLmdbStore({ folder: join(stage.folder, "journal") })
    const { view } = await openOn(store, path, random)
    await view.close()
    await store.close()
    return dumpView(path)
  }
  rmSync(path, { recursive: true })
  expect(await rebuilt()).toBe(kept)
  rmSync(path, { recursive: true })
  cpSync(old, path, { recursive: true })
  expect(await rebuilt()).toBe(kept)
  const foreign = new Stage()
  await foreign.start({ targets: [sink], bindings: [{ name: "log", target: "sink", collections: ["notes"] }] })
  foreign.writer.put("x", "foreign")
  await foreign.settled()
  await foreign.stop()
  rmSync(path, { recursive: true })
  cpSync(join(foreign.folder, "view"), path, { recursive: true })
  expect(await rebuilt()).toBe(kept)
})

test("J32 the counters of the view are what counting every record gives", async () => {
  const random = seededRandom()
  const stage = new Stage()
  const sink = memoryLogTarget({ apply: moody(random.fork("sink")) })
  const mirror = memoryStateTarget({ name: "mirror", apply: moody(random.fork("mirror")) })
  const bindings = [
    { name: "log", target: "sink", collections: ["notes", "tags"] },
    { name: "state", target: "mirror", collections: ["notes"] },
  ]
  await stage.start({ targets: [sink, mirror], bindings })
  const ids = Array.from({ length: 12 }, (_, n) => `r${n}`)
  for (let step = 0; step < 80; step++) {
    const id = random.pick(ids)
    const collection = random.pick(["notes", "tags"])
    if (random.chance(0.25) && stage.writer.records.collection(collection).has(id)) stage.writer.delete(id, collection)
    else stage.writer.put(id, random.pick(["t", "u", "poison", 7]), undefined, collection)
    if (random.chance(0.2)) await stage.settled()
    if (random.chance(0.5)) await new Promise((resolve) => void setImmediate(resolve))
    for (const { name, collections } of bindings) {
      const counted = { parked: 0, rejected: 0, pending: 0, synced: 0 }
      for (const [collection, id] of stage.view.living("w")) {
        if (!collections.includes(collection)) continue
        const lane = stage.view.lane(name, "w", collection, id)
        const invalid = stage.view.record("w", collection, id)?.invalid ?? null
        if (lane?.fault?.state === "parked") counted.parked++
        else if (invalid !== null || lane?.fault?.state === "rejected") counted.rejected++
        else if (lane !== undefined) counted.pending++
        else counted.synced++
      }
      expect(stage.view.counts(name, "w")).toMatchObject(counted)
    }
  }
})
