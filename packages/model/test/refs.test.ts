import { expect, test } from "vitest"
import { type CollectionSchema, defineSchema, ref } from "../src/index.ts"
import { kinds, mix, sendTo } from "./support/kinds.ts"

test("M71 a delete that a reference restricts is refused by name, and deletes nothing", () => {
  const { tasks, gates } = kinds(100_000)
  gates.put("g", { name: "gate" })
  tasks.put("t", { gate: "g" })
  expect(() => gates.delete("g")).toThrow(expect.objectContaining({ kind: "conflict" }))
  expect(() => gates.delete("g")).toThrow('among them "t" of "tasks" by its field "gate"')
  expect(gates.has("g")).toBe(true)
  expect(gates.referrers("g")).toEqual([{ collection: "tasks", id: "t" }])
  tasks.update("t", { gate: undefined })
  expect(gates.delete("g")).toBe(true)
  expect(gates.delete("g")).toBe(false)
})

test("M71 a cascade deletes what refers, in circles too, in one transaction, and undo brings all of it back", () => {
  const { tasks, records, doc } = kinds(100_000)
  tasks.put("root", { title: "root", parent: "leaf" })
  tasks.put("branch", { parent: "root" })
  tasks.put("leaf", { parent: "branch" })
  tasks.put("other", { title: "other" })
  const undo = records.undo({ mergeWithinMs: 0 })
  let updates = 0
  doc.on("update", () => void updates++)
  expect(tasks.delete("root")).toBe(true)
  expect([...tasks.ids()]).toEqual(["other"])
  expect(updates).toBe(1)
  undo.undo()
  expect(tasks.size).toBe(4)
})

test("M71 a reference restricts nothing that goes itself, and counts as it stands within a transaction", () => {
  const { tasks, gates, records } = kinds(100_000)
  gates.put("g", {})
  tasks.put("p", {})
  tasks.put("c", { parent: "p", gate: "g" })
  records.transact(() => {
    tasks.delete("p")
    expect(gates.delete("g")).toBe(true)
  })
  expect([tasks.size, gates.size]).toEqual([0, 0])
})

test("M72 who refers to what is gone is listed, and says so when it is checked", () => {
  const [a, b] = [kinds(100_001), kinds(100_002)]
  a.tasks.put("p", {})
  sendTo(a, b)
  a.tasks.delete("p")
  b.tasks.put("c", { parent: "p" })
  mix(a, b)
  for (const { records, tasks } of [a, b]) {
    expect(records.orphans()).toEqual([
      { collection: "tasks", id: "c", field: "parent", missing: { collection: "tasks", id: "p" } },
    ])
    expect(tasks.check("c")).toEqual([{ field: "parent", reason: '"tasks" has no record "p"' }])
  }
  a.tasks.put("p", {})
  mix(a, b)
  expect(b.records.orphans()).toEqual([])
  expect(b.tasks.check("c")).toEqual([])
})

test("M72 a schema that refers to no collection, or has an index on no field, is refused", () => {
  const bad = (collection: CollectionSchema) => () => defineSchema({ version: 1, collections: { a: collection } })
  expect(bad({ fields: { x: ref("never", { onDelete: "restrict" }) } })).toThrow('"a.x" refers to "never"')
  expect(bad({ fields: {}, indexes: { by: { on: "never" } } })).toThrow('on "never", which is no field')
  const fields = { x: ref("a", { onDelete: "restrict" }), y: ref("a", { onDelete: "cascade" }) }
  expect(bad({ fields, indexes: { by: { on: ["x", "y"], multiEntry: true } } })).toThrow(
    "both compound and multi-entry",
  )
  expect(bad({ fields, indexes: { by: { on: [] } } })).toThrow("no field")
})
