import { expect, test } from "vitest"
import * as Y from "yjs"
import { localOrigin, maxEntryChars, openRecords, type PlainRecord, redrawReservedClientId } from "../src/index.ts"
import { looseSchema, replica, send } from "./support/replica.ts"
import { Seeded } from "./support/seeded.ts"
import { unchecked } from "./support/subject.ts"

function updatesOf(doc: Y.Doc): { readonly count: number } {
  const counted = { count: 0 }
  doc.on("update", () => void counted.count++)
  return counted
}

test("M15 reads and writes work at once, in a document that no network has touched", () => {
  const { things, records } = replica(100_000)
  expect(things.get("a")).toBeUndefined()
  expect(things.put("a", { f: 1, g: "x" })).toBe(true)
  expect(things.get("a")).toEqual({ f: 1, g: "x" })
  expect([...things.all()]).toEqual([["a", { f: 1, g: "x" }]])
  expect([things.size, [...things.ids()], things.has("a"), things.has("b")]).toEqual([1, ["a"], true, false])
  expect(records.canonical("things", "a")).toBe('{"f":1,"g":"x"}')
})

test("C345 an id with half of a surrogate pair is refused when the record is made, and read where it came from elsewhere", () => {
  const { things, doc } = replica(100_000)
  for (const id of ["a\ud800", "\udc00b"]) {
    expect(() => things.put(id, { f: 1 })).toThrow(expect.objectContaining({ kind: "invalid" }))
    expect(things.has(id)).toBe(false)
  }
  expect(things.put("\ud83d\ude00", { f: 1 })).toBe(true)
  doc.getArray("things").push(['["a\\ud800","n1",{"f":2}]'])
  expect(things.get("a\ud800")).toEqual({ f: 2 })
  expect(things.put("a\ud800", { f: 3 })).toBe(true)
  expect(things.delete("a\ud800")).toBe(true)
})

test("M16 put on a living record writes the fields that differ and removes those missing, in one transaction", () => {
  const { things, doc, entries } = replica(100_000)
  things.put("a", { f: 1, g: 2 })
  const updates = updatesOf(doc)
  expect(things.put("a", { f: 1, h: 3 })).toBe(true)
  expect(updates.count).toBe(1)
  const nonce = String(JSON.parse(entries()[0] ?? "[]")[1])
  expect([...entries()].sort()).toEqual(
    [`["a","${nonce}",1,"g",0]`, `["a","${nonce}",1,"h",0,3]`, `["a","${nonce}",{"f":1,"g":2}]`].sort(),
  )
  expect(things.put("a", { h: 3, f: 1 })).toBe(false)
  expect(things.put("a", { h: 3, f: 1, ...({ g: undefined } as object) })).toBe(false)
  expect(updates.count).toBe(1)
})

test("M16 values that are equal but not identical are not written again", () => {
  const { things, doc } = replica(100_000)
  const value = (): PlainRecord => ({ f: { list: [NaN, -0, 5n], at: new Date(1) }, g: new Uint8Array([1]) })
  things.put("a", value())
  const updates = updatesOf(doc)
  expect([things.put("a", value()), things.update("a", value())]).toEqual([false, false])
  expect(updates.count).toBe(0)
  expect(things.update("a", { f: -0 })).toBe(true)
  expect(things.update("a", { f: 0 })).toBe(true)
})

test("M17 put on an id that only has edits after a delete creates anew, and they stay listed until discarded", () => {
  const a = replica(100_000)
  const b = replica(100_001)
  a.things.put("x", { f: 1 })
  send(a, b)
  a.things.delete("x")
  b.things.update("x", { f: 2 })
  send(b, a)
  expect(a.things.get("x")).toBeUndefined()
  expect(a.things.put("x", { f: 9 })).toBe(true)
  expect(a.things.get("x")).toEqual({ f: 9 })
  expect(a.things.editsAfterDelete("x")).toEqual([
    { field: "f", element: null, part: "value", value: 2, client: 100_001 },
  ])
  a.things.delete("x")
  expect(a.things.editsAfterDelete("x")).toHaveLength(1)
  expect(a.things.discardEditsAfterDelete("x")).toBe(true)
  expect(a.things.editsAfterDelete("x")).toEqual([])
  expect(a.entries()).toEqual([])
})

test("M18 update writes only the named fields that differ; undefined removes; a missing record is not-found", () => {
  const { things, entries } = replica(100_000)
  expect(() => things.update("a", { f: 1 })).toThrow(expect.objectContaining({ kind: "not-found" }))
  things.put("a", { f: 1, g: 2 })
  expect(things.update("a", { f: 1, g: undefined })).toBe(true)
  expect(things.get("a")).toEqual({ f: 1 })
  expect(entries()).toHaveLength(2)
  expect(things.update("a", { g: undefined })).toBe(false)
  expect(things.update("a", {})).toBe(false)
  expect(things.removeField("a", "f")).toBe(true)
  expect(things.get("a")).toEqual({})
  expect(things.has("a")).toBe(true)
})

test("M19 a write takes away what it supersedes: an edited field has one entry, however often it was edited", () => {
  const { things, entries, records } = replica(100_000)
  things.put("a", { f: 0 })
  for (let round = 1; round <= 5; round++) things.update("a", { f: round })
  expect(entries()).toHaveLength(2)
  expect(entries().some((entry) => entry.endsWith(',5,"f",0,5]'))).toBe(true)
  records.transact(() => {
    things.update("a", { f: 6 })
    expect(things.get("a")).toEqual({ f: 6 })
    things.put("b", { f: 1 })
    things.update("b", { f: 2 })
    things.update("b", { f: 3 })
  })
  expect(entries()).toHaveLength(4)
  expect(things.concurrent("b")).toEqual([])
  things.delete("a")
  expect(entries()).toHaveLength(2)
  expect(things.delete("a")).toBe(false)
})

test("M20 what is read is deeply frozen, and the same object until it changes", () => {
  const { things } = replica(100_000)
  const given = { f: { list: [1, { deep: true }] } }
  things.put("a", given)
  given.f.list.push(2)
  const read = things.get("a")
  expect(read).toEqual({ f: { list: [1, { deep: true }] } })
  expect(things.get("a")).toBe(read)
  things.put("b", {})
  expect(things.get("a")).toBe(read)
  const { list } = unchecked<{ list: unknown[] }>(read?.["f"])
  expect([Object.isFrozen(read), Object.isFrozen(list), Object.isFrozen(list[1])]).toEqual([true, true, true])
})

test("M20 hostile names and ids are ordinary", () => {
  const { doc, records } = replica(100_000)
  const free = records.collection("free")
  const fields = JSON.parse('{"__proto__":{"x":1},"constructor":2,"$n":"NaN","":0}') as PlainRecord
  for (const id of ["__proto__", "constructor", "", "$", '"', "\\", "a\u0000b", "é"]) free.put(id, fields)
  const other = new Y.Doc()
  Y.applyUpdate(other, Y.encodeStateAsUpdate(doc), "network")
  const read = openRecords(other, looseSchema).collection("free")
  expect([...read.ids()].sort()).toEqual(["", '"', "$", "\\", "__proto__", "a\u0000b", "constructor", "é"].sort())
  for (const id of read.ids()) expect(read.get(id)).toEqual(fields)
  expect(({} as Record<string, unknown>)["x"]).toBeUndefined()
  read.removeField("__proto__", "__proto__")
  expect(Object.keys(read.get("__proto__") ?? {})).toEqual(["$n", "", "constructor"].sort())
})

test("M21 an entry that is too large is refused, and nothing is written", () => {
  const { things, entries } = replica(100_000)
  const large = "x".repeat(maxEntryChars)
  expect(() => things.put("a", { f: large })).toThrow(expect.objectContaining({ kind: "too-large" }))
  things.put("a", { f: 1 })
  expect(() => things.update("a", { g: 1, f: large })).toThrow(expect.objectContaining({ kind: "too-large" }))
  expect(things.get("a")).toEqual({ f: 1 })
  expect(entries()).toHaveLength(1)
})

test("M22 a document's records are opened once, and again after they were closed", () => {
  const { doc, records, things } = replica(100_000)
  things.put("a", { f: 1 })
  expect(() => openRecords(doc, looseSchema)).toThrow(expect.objectContaining({ kind: "conflict" }))
  records.destroy()
  records.destroy()
  expect(openRecords(doc, looseSchema).collection("things").get("a")).toEqual({ f: 1 })
})

test("M22 names of the system and roots of another kind are refused as collections", () => {
  const { records } = replica(100_000)
  expect(() => records.collection("$texts")).toThrow(expect.objectContaining({ kind: "reserved" }))
  const doc = new Y.Doc()
  doc.getMap("things")
  expect(() => openRecords(doc, looseSchema)).toThrow(expect.objectContaining({ kind: "conflict" }))
})

test("M23 a client id below 65,536 is redrawn, any other stays", () => {
  const doc = new Y.Doc()
  doc.clientID = 65_535
  const draws = [new Uint8Array([0, 0, 255, 255]), new Uint8Array([255, 0, 0, 1])]
  const random = { float: () => 0, bytes: () => draws.shift() ?? new Uint8Array(4) }
  expect(redrawReservedClientId(doc, random)).toBe(0xff000001)
  expect(doc.clientID).toBe(0xff000001)
  doc.clientID = 65_536
  expect(redrawReservedClientId(doc, new Seeded(1))).toBe(65_536)
})

test("M24 undo takes back one's own writes and nobody else's", () => {
  const a = replica(100_000)
  const b = replica(100_001)
  const undo = new Y.UndoManager(a.doc.getArray("things"), {
    trackedOrigins: new Set([localOrigin]),
    captureTimeout: 0,
  })
  a.things.put("x", { f: 1, g: 1 })
  send(a, b)
  a.things.delete("x")
  b.things.update("x", { g: 5 })
  send(b, a)
  undo.undo()
  expect(a.things.get("x")).toEqual({ f: 1, g: 5 })
  undo.clear()
  a.things.update("x", { f: 2 })
  send(a, b)
  b.things.update("x", { f: 3 })
  send(b, a)
  undo.undo()
  expect(a.things.get("x")).toEqual({ f: 3, g: 5 })
  send(a, b)
  expect(b.things.get("x")).toEqual({ f: 3, g: 5 })
})
