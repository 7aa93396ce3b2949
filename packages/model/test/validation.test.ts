import { expect, test } from "vitest"
import * as Y from "yjs"
import { defineSchema, exportRecords, exportText, openRecords, parseCanonical, value } from "../src/index.ts"
import { docOf } from "./support/replica.ts"
import { unchecked } from "./support/subject.ts"

function validator<T>(test: (input: unknown) => input is T, message: string, path?: readonly string[]) {
  return {
    "~standard": {
      version: 1 as const,
      vendor: "test",
      validate: (input: unknown) =>
        test(input) ? { value: input } : { issues: [path === undefined ? { message } : { message, path }] },
    },
  }
}

const text = validator((input): input is string => typeof input === "string", "a text is wanted")
const count = validator((input): input is number => typeof input === "number", "a number is wanted", ["amount", "unit"])
const trimmed = {
  "~standard": { version: 1 as const, vendor: "test", validate: (input: unknown) => ({ value: String(input).trim() }) },
}
const slow = {
  "~standard": { version: 1 as const, vendor: "test", validate: () => Promise.resolve({ value: "" }) },
}

const schema = defineSchema({
  version: 1,
  collections: {
    goods: {
      fields: {
        name: value(text),
        count: value(count, { optional: true }),
        note: value(trimmed, { optional: true }),
        slow: value(slow, { optional: true }),
      },
    },
  },
})

function goods(doc = new Y.Doc()) {
  const records = openRecords(doc, schema)
  return { doc, records, goods: records.collection("goods") }
}

test("M32 a write that fails validation names collection, id, field and reason, and writes nothing", () => {
  const { goods: all, doc } = goods()
  const wrong = { name: "bread", count: "many" } as unknown as { name: string }
  expect(() => all.put("b1", wrong)).toThrow(expect.objectContaining({ kind: "invalid" }))
  expect(() => all.put("b1", wrong)).toThrow(
    'The record "b1" of "goods" was not written: field "count" is not valid: amount.unit: a number is wanted.',
  )
  expect(() => all.put("b1", {} as { name: string })).toThrow('field "name" is not valid: it is missing')
  expect(() => all.put("b1", { name: "x", nme: 1 } as { name: string })).toThrow("the schema has no such field")
  expect(doc.getArray("goods")).toHaveLength(0)
  all.put("b1", { name: "bread" })
  expect(() => all.update("b1", { count: 1, name: undefined })).toThrow("it is required and cannot be removed")
  expect(() => all.update("b1", { count: 1, name: unchecked(5) })).toThrow("a text is wanted")
  expect(() => all.update("b1", { note: unchecked(Symbol("s")) })).not.toThrow()
  expect(all.get("b1")).toEqual({ name: "bread", note: "Symbol(s)" })
  expect(() => all.update("b1", { slow: unchecked(1) })).toThrow(expect.objectContaining({ kind: "unsupported" }))
})

test("M32 what the validator returns is what is stored", () => {
  const { goods: all } = goods()
  all.put("b1", { name: "bread", note: "  fresh " })
  expect(all.get("b1")).toEqual({ name: "bread", note: "fresh" })
  expect(all.put("b1", { name: "bread", note: "fresh  " })).toBe(false)
})

test("M33 a merged record that is invalid stays visible with its reasons, and can be mended", () => {
  const doc = docOf(
    [
      [100_000, '["b1","n1",{"count":"many","name":"bread"}]'],
      [100_001, '["b2","n1",{"count":2}]'],
      [100_002, '["b3","n1",{"name":"rye","shelf":7}]'],
    ],
    "goods",
  )
  const { goods: all } = goods(doc)
  expect(all.get("b1")).toEqual({ name: "bread", count: "many" })
  expect(all.check("b1")).toEqual([{ field: "count", reason: "amount.unit: a number is wanted" }])
  expect(all.check("b2")).toEqual([{ field: "name", reason: "it is missing" }])
  expect(all.check("b3")).toEqual([])
  expect(all.check("never")).toEqual([])
  all.update("b1", { count: 3 })
  expect(all.check("b1")).toEqual([])
})

test("M34 fields and collections of a newer schema survive an older client untouched", () => {
  const newer = [100_000, '["b1","n1",{"name":"bread","shelf":{"row":7}}]'] as const
  const { goods: all, records, doc } = goods(docOf([newer], "goods"))
  const other = docOf([[100_005, '["o1","n1",{"total":5}]']], "orders")
  Y.applyUpdate(doc, Y.encodeStateAsUpdate(other), "network")
  all.put("b1", { name: "rye" })
  expect(all.get("b1")).toEqual({ name: "rye", shelf: { row: 7 } })
  // Handed back as it was read it is accepted; changed it is not.
  const read = all.get("b1") as { name: string }
  expect(all.put("b1", JSON.parse(JSON.stringify(read)) as { name: string })).toBe(false)
  expect(() => all.put("b1", { ...read, shelf: 8 } as { name: string })).toThrow("the schema has no such field")
  expect(records.collections()).toEqual(["goods", "orders"])
  expect(records.collection("orders").get("o1")).toEqual({ total: 5 })
  expect(exportRecords(records)).toEqual({
    goods: { b1: { name: "rye", shelf: { row: 7 } } },
    orders: { o1: { total: 5 } },
  })
})

test("M35 an export is sorted, and two exports of one state are the same bytes", () => {
  const [a, b] = [goods(), goods()]
  a.goods.put("z", { name: "z" })
  a.goods.put("10", { name: "ten" })
  a.goods.put("9", { name: "nine" })
  a.records.collection("$x".slice(1)).put("$", { $n: 1, d: new Date(0) })
  Y.applyUpdate(b.doc, Y.encodeStateAsUpdate(a.doc), "network")
  b.goods.update("z", { count: 1 })
  b.goods.removeField("z", "count")
  Y.applyUpdate(a.doc, Y.encodeStateAsUpdate(b.doc), "network")
  const exported = exportText(a.records)
  expect(exported).toBe(
    '{"goods":{"10":{"name":"ten"},"9":{"name":"nine"},"z":{"name":"z"}},"x":{"$$":{"$$n":1,"d":{"$d":0}}}}',
  )
  expect(exportText(b.records)).toBe(exported)
  expect(parseCanonical(exported)).toEqual(exportRecords(a.records))
})

test("M13 elements that are no entries are kept, counted and listed, and no write touches them", () => {
  const strange: readonly unknown[] = [5, null, "", "x", '["b1","n1"', '["b1", "n1",{}]', { a: 1 }, [1], '[5,"n",{}]']
  const doc = docOf(
    [...strange.map((element) => [100_001, element] as const), [100_000, '["b1","n1",{"name":"bread"}]']],
    "goods",
  )
  const { goods: all, records } = goods(doc)
  expect(records.unreadable).toHaveLength(strange.length)
  expect(records.unreadable.every(({ collection, reason }) => collection === "goods" && reason !== "")).toBe(true)
  expect(all.get("b1")).toEqual({ name: "bread" })
  all.update("b1", { count: 1 })
  all.delete("b1")
  expect(doc.getArray("goods").toArray()).toHaveLength(strange.length)
  all.put("b1", { name: "anew" })
  expect(all.get("b1")).toEqual({ name: "anew" })
  expect(records.unreadable).toHaveLength(strange.length)
  doc.transact(() => doc.getArray("goods").delete(0, doc.getArray("goods").length), "test")
  expect(records.unreadable).toEqual([])
  expect(all.size).toBe(0)
})

test("M13 roots of other applications are none of our collections", () => {
  const doc = new Y.Doc()
  doc.getText("text").insert(0, '["b1","n1",{}]')
  doc.getMap("map").set("k", '["b1","n1",{}]')
  doc.getArray("numbers").push([1, 2])
  doc.getArray("$ours").push(['["b1","n1",{}]'])
  doc.getArray("nested").push([new Y.Array()])
  const loaded = new Y.Doc()
  Y.applyUpdate(loaded, Y.encodeStateAsUpdate(doc), "network")
  for (const each of [doc, loaded]) {
    const { records } = goods(each)
    expect(records.collections()).toEqual(["goods"])
    expect(records.unreadable).toEqual([])
  }
  expect(loaded.getText("text")).toHaveLength(14)
  expect(loaded.getMap("map").size).toBe(1)
})
