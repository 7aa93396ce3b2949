import { expect, test, vi } from "vitest"
import * as Y from "yjs"
import { BagEntry } from "../src/bag-entry.ts"
import { namedIn, openRecords, type RecordChange, type RecordName } from "../src/index.ts"
import { exchange, looseSchema, replica, send } from "./support/replica.ts"

test("M25 each transaction that changes records is one batch of adds, updates and deletes with before and after", () => {
  const a = replica(100_000)
  const b = replica(100_001)
  const batches: (readonly RecordChange[])[] = []
  a.records.onChange((changes) => void batches.push(changes))
  a.things.put("x", { f: 1 })
  a.records.transact(() => {
    a.things.update("x", { f: 2 })
    a.things.put("y", { f: 1 })
    a.things.put("gone again", { f: 1 })
    a.things.delete("gone again")
  }, "mine")
  send(a, b)
  b.things.delete("x")
  send(b, a)
  expect(batches).toEqual([
    [
      {
        collection: "things",
        id: "x",
        op: "add",
        before: undefined,
        after: { f: 1 },
        local: true,
        origin: "millrace:local",
      },
    ],
    [
      { collection: "things", id: "x", op: "update", before: { f: 1 }, after: { f: 2 }, local: true, origin: "mine" },
      { collection: "things", id: "y", op: "add", before: undefined, after: { f: 1 }, local: true, origin: "mine" },
    ],
    [
      {
        collection: "things",
        id: "x",
        op: "delete",
        before: { f: 2 },
        after: undefined,
        local: false,
        origin: "network",
      },
    ],
  ])
})

test("M26 entries that change nothing in the merged record make no change event, but touch the record", () => {
  const a = replica(100_000)
  const b = replica(100_001)
  a.things.put("x", { f: 1 })
  send(a, b)
  a.things.update("x", { f: 5 })
  a.things.update("x", { f: 6 })
  b.things.update("x", { f: 7 })
  const changes = vi.fn()
  const touched: unknown[] = []
  a.records.onChange(changes)
  a.records.onTouched((event) => void touched.push(event))
  send(b, a)
  expect(a.things.get("x")).toEqual({ f: 6 })
  expect(changes).not.toHaveBeenCalled()
  expect(touched).toEqual([{ records: [{ collection: "things", id: "x" }], local: false, origin: "network" }])
  send(b, a)
  expect(touched).toHaveLength(1)
  expect(a.things.settle("x", "f")).toBe(true)
  expect(changes).not.toHaveBeenCalled()
  expect(a.things.concurrent("x")).toEqual([])
  expect(a.things.settle("x", "f")).toBe(false)
})

test("M27 each before is the after before it, even where listeners write", () => {
  const a = replica(100_000)
  const told: [unknown, unknown][] = []
  a.doc.getArray("things").observe(() => {
    // An observer of somebody else, who writes before our listeners have heard.
    const f = a.things.get("x")?.["f"]
    if (typeof f === "number" && f < 3) a.things.update("x", { f: f + 1 })
  })
  a.records.onChange((changes) => {
    for (const { before, after } of changes) told.push([before?.["f"], after?.["f"]])
    if (a.things.get("x")?.["f"] === 3) a.things.update("x", { f: 10 })
  })
  a.things.put("x", { f: 0 })
  expect(told).toEqual([
    [undefined, 0],
    [0, 1],
    [1, 2],
    [2, 3],
    [3, 10],
  ])
})

test("M27 a listener that throws keeps nobody else from hearing, and one that left hears nothing", () => {
  const { things, records } = replica(100_000)
  const heard = vi.fn()
  const left = vi.fn()
  records.onChange(() => {
    throw new Error("of the listener")
  })
  records.onChange(heard)
  const leave = records.onChange(left)
  leave()
  leave()
  expect(() => things.put("x", { f: 1 })).toThrow("of the listener")
  expect(things.get("x")).toEqual({ f: 1 })
  expect(heard).toHaveBeenCalledOnce()
  expect(left).not.toHaveBeenCalled()
})

test("M28 a change reads the entries of the records that it touches, however many others there are", () => {
  const a = replica(100_000)
  const b = replica(100_001)
  a.records.transact(() => {
    for (let at = 0; at < 3000; at++) a.things.put(`r${at}`, { f: at, g: "x" })
  })
  send(a, b)
  b.records.onChange(() => {})
  expect(b.things.size).toBe(3000)
  const read = vi.spyOn(BagEntry.prototype, "read")
  try {
    a.things.update("r1500", { f: -1 })
    send(a, b)
    expect(b.things.get("r1500")).toEqual({ f: -1, g: "x" })
    expect(b.things.size).toBe(3000)
    expect(read.mock.calls.length).toBeLessThan(12)
  } finally {
    read.mockRestore()
  }
})

test("M29 the update event can ask which records its transaction touched, deletes included", () => {
  const a = replica(100_000)
  const b = replica(100_001)
  const asked: (readonly RecordName[])[] = []
  for (const { doc, records } of [a, b]) {
    doc.on("update", (_bytes: Uint8Array, _origin: unknown, _doc: Y.Doc, transaction: Y.Transaction) => {
      asked.push(records.touchedIn(transaction))
    })
  }
  a.things.put("x", { f: 1 })
  send(a, b)
  a.things.delete("x")
  send(a, b)
  expect(asked).toEqual(Array.from({ length: 4 }, () => [{ collection: "things", id: "x" }]))
})

test("M30 raw updates name their records without a document; deletes that cannot be traced are counted", () => {
  const a = replica(100_000)
  const updates: Uint8Array[] = []
  a.doc.on("update", (bytes: Uint8Array) => void updates.push(bytes))
  a.things.put("x", { f: 1 })
  a.things.put("y", { f: 1 })
  a.things.update("x", { f: 2 })
  a.things.delete("y")
  const [first, second, third, fourth] = updates as [Uint8Array, Uint8Array, Uint8Array, Uint8Array]
  expect(namedIn([first])).toEqual({ records: [{ collection: "things", id: "x" }], unresolvedDeletes: 0 })
  // An update names its collection only where it has no neighbour; one that came before tells.
  expect(namedIn([third])).toEqual({ records: [{ collection: undefined, id: "x" }], unresolvedDeletes: 0 })
  expect(namedIn([first, second, third]).records).toEqual([
    { collection: "things", id: "x" },
    { collection: "things", id: "y" },
  ])
  expect(namedIn([fourth])).toEqual({ records: [], unresolvedDeletes: 1 })
  expect(namedIn([second, fourth]).unresolvedDeletes).toBe(0)
  // One update without structs whose delete set claims 2^40 elements of one client: counted, not walked.
  const claim = new Uint8Array([0, 1, 5, 1, 0, 128, 128, 128, 128, 128, 32])
  expect(namedIn([claim, claim, first])).toMatchObject({ unresolvedDeletes: 2 ** 40 })
  expect(() => namedIn([new Uint8Array([1, 2, 3])])).toThrow(expect.objectContaining({ kind: "corrupt" }))
})

test("M30 a document that has applied updates knows the collection of what they name", () => {
  const a = replica(100_000)
  const updates: Uint8Array[] = []
  a.things.put("x", { f: 1 })
  a.doc.on("update", (bytes: Uint8Array) => void updates.push(bytes))
  a.things.update("x", { f: 2 })
  a.things.update("x", { f: 3 })
  a.things.delete("x")
  a.doc.getMap("$texts").set("key", "value")
  expect(a.records.namedIn(updates)).toEqual({ records: [{ collection: "things", id: "x" }], unresolvedDeletes: 1 })
})

test("M31 what was read before, after and while others write adds up in every order of arrival", () => {
  const [a, b, c] = [replica(100_000), replica(100_001), replica(100_002)]
  a.things.put("x", { f: 1 })
  exchange(a, b, c)
  a.things.update("x", { f: 2 })
  b.things.update("x", { f: 3 })
  c.things.delete("x")
  exchange(a, b, c)
  const fresh = new Y.Doc()
  const late = openRecords(fresh, looseSchema)
  Y.applyUpdate(fresh, Y.encodeStateAsUpdate(b.doc), "network")
  for (const each of [a.records, b.records, c.records, late]) {
    expect(each.collection("things").get("x")).toBeUndefined()
    expect(each.collection("things").editsAfterDelete("x")).toHaveLength(2)
  }
})
