import { expect, test } from "vitest"
import * as Y from "yjs"
import { canonicalJson, exportText, openRecords, parseCanonical, type Unsent } from "../src/index.ts"
import { kinds, kindsSchema, mix, sendTo } from "./support/kinds.ts"
import { unchecked } from "./support/subject.ts"

test("M85 replicas that seed apart have one copy, and what was deleted does not come back", () => {
  const [a, b, c] = [kinds(100_001), kinds(100_002), kinds(100_003)]
  const rows = { one: { title: "1", steps: ["x", "y"], tags: ["b", "a"], notes: "text" }, two: { title: "2" } }
  expect(a.records.seed("tasks", rows)).toBe(true)
  expect(a.records.seed("tasks", rows)).toBe(false)
  c.tasks.put("one", { title: "mine" })
  b.tasks.put("three", {})
  b.records.seed("tasks", { two: rows.two, one: rows.one })
  expect(b.tasks.get("one")).toEqual({ ...rows.one, tags: ["a", "b"] })
  mix(a, b)
  expect(a.entries()).toHaveLength(3)
  expect(a.tasks.concurrent("one")).toEqual([])
  expect(exportText(a.records)).toBe(exportText(b.records))
  a.tasks.delete("two")
  mix(a, b)
  expect(b.records.seed("tasks", rows)).toBe(false)
  expect(b.tasks.has("two")).toBe(false)
  mix(a, b, c)
  expect(c.records.seed("tasks", rows)).toBe(false)
  expect(c.tasks.get("one")).toMatchObject({ title: "mine", steps: ["x", "y"] })
  expect(b.records.seed("tasks", { four: { title: "4" } })).toBe(true)
  expect(() => b.records.seed("tasks", { five: unchecked({ never: 1 }) })).toThrow(
    expect.objectContaining({ kind: "invalid" }),
  )
})

test("M85 seeds are no step of undo, and may stand in a transaction beside other writes", () => {
  const { records, tasks } = kinds(100_000)
  const undo = records.undo({ mergeWithinMs: 0 })
  records.seed("tasks", { one: { title: "1" } })
  expect(undo.canUndo).toBe(false)
  records.transact(() => {
    records.seed("tasks", { two: { title: "2" } })
    expect(tasks.get("two")).toEqual({ title: "2" })
    tasks.update("two", { title: "changed" })
  })
  undo.undo()
  expect(tasks.get("two")).toEqual({ title: "2" })
})

function lived() {
  const [a, b] = [kinds(100_001), kinds(100_002)]
  a.tasks.put("t", { title: "0", tags: ["e"], props: { k: "0" }, steps: ["x", "y"], notes: "hello" })
  a.tasks.put("gone", { title: "0" })
  mix(a, b)
  a.tasks.delete("gone")
  b.tasks.update("gone", { title: "late" })
  a.tasks.update("t", { title: "a" })
  b.tasks.update("t", { title: "b" })
  a.tasks.list("t", "steps").move(0, 1)
  b.tasks.set("t", "tags").remove("e")
  a.type("t", 5, " A")
  for (let round = 0; round < 20; round++) b.tasks.map("t", "props").set("k", String(round))
  mix(a, b)
  return [a, b] as const
}

test("M86 a new generation has the same records and lists, texts as strings, and none of the past", () => {
  const [a] = lived()
  const doc = a.records.freshGeneration()
  const fresh = openRecords(doc, kindsSchema)
  const tasks = fresh.collection("tasks")
  expect(exportText(fresh)).toBe(exportText(a.records))
  const bare = (edits: readonly { readonly candidates: readonly { readonly value: unknown }[] }[]): unknown =>
    edits.map(({ candidates, ...place }) => ({ ...place, candidates: candidates.map(({ value }) => value) }))
  expect(bare(tasks.concurrent("t"))).toEqual(bare(a.tasks.concurrent("t")))
  expect(tasks.editsAfterDelete("gone")).toMatchObject([{ field: "title", value: "late" }])
  expect(doc.getMap("$texts").size).toBe(0)
  expect(doc.store.clients.size).toBe(1)
  expect(Y.encodeStateAsUpdate(doc).length).toBeLessThan(Y.encodeStateAsUpdate(a.doc).length)
  const inBoth = tasks.list("t", "steps").keys()
  expect(inBoth).toEqual(a.tasks.list("t", "steps").keys())
  tasks.restoreEditsAfterDelete("gone")
  expect(tasks.get("gone")).toEqual({ title: "late" })
})

test("M87 what others do not have is listed as data, and can be written to a new generation", () => {
  const [a, b] = lived()
  const known = Y.encodeStateAsUpdate(a.doc)
  const next = openRecords(a.records.freshGeneration(), kindsSchema)
  b.tasks.put("new", { title: "n", steps: ["p", "q"], notes: "unsent" })
  b.tasks.update("new", { title: "newer" })
  b.tasks.map("t", "props").set("unsent", "1")
  b.tasks.list("t", "steps").insert(1, "unsent")
  b.tasks.set("t", "tags").add("unsent")
  b.type("t", 0, "unsent ")
  b.gates.put("g", { name: "gate" })
  const unsent = b.records.unsentSince({ state: known })
  expect(unsent.created).toEqual([
    { collection: "tasks", id: "new", record: { title: "newer", steps: ["p", "q"], notes: "unsent" } },
    { collection: "gates", id: "g", record: { name: "gate" } },
  ])
  expect(new Map(unsent.edits.map(({ field, value }) => [field, value]))).toEqual(
    new Map<string, unknown>([
      ["props", "1"],
      ["steps", "unsent"],
      ["tags", 1],
    ]),
  )
  expect(unsent.texts).toEqual([{ collection: "tasks", id: "t", field: "notes", value: "unsent hello A" }])
  expect(unsent.deleted).toEqual([])
  // Through a file and back.
  const read = unchecked<Unsent>(parseCanonical(canonicalJson(unsent)))
  expect(next.applyUnsent(read)).toEqual([])
  expect(exportText(next)).toBe(exportText(b.records))
  expect(next.applyUnsent(read)).toEqual([])
})

test("M87 deletes are named where the whole known state is given, and edits without a record are handed back", () => {
  const [a, b] = lived()
  const state = Y.encodeStateAsUpdate(a.doc)
  const next = openRecords(a.records.freshGeneration(), kindsSchema)
  next.collection("tasks").delete("t")
  b.tasks.update("t", { title: "unsent" })
  b.type("t", 0, "unsent ")
  b.tasks.put("other", {})
  sendTo(b, a)
  b.tasks.delete("other")
  const unsent = b.records.unsentSince({ state: Y.encodeStateAsUpdate(a.doc) })
  expect(unsent).toMatchObject({ created: [], edits: [], texts: [], deleted: [{ collection: "tasks", id: "other" }] })
  const all = b.records.unsentSince({ stateVector: Y.encodeStateVectorFromUpdate(state) })
  expect(next.applyUnsent(all).map(({ field }) => field)).toEqual(["title", "notes"])
  expect(next.collection("tasks").has("t")).toBe(false)
})
