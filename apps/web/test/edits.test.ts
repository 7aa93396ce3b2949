import { openRecords } from "@millrace/model"
import { platformSchema } from "@millrace/workspace"
import { describe, expect, test } from "vitest"
import * as Y from "yjs"
import { Catalog } from "../src/workspace/catalog.ts"
import { Edits, type EditTarget } from "../src/workspace/edits.ts"

const handle = {
  stored: Promise.resolve(),
  durable: Promise.resolve({ seq: 1 }),
  outcome: () => new Promise<never>(() => {}),
  accepted: () => new Promise<never>(() => {}),
}

/** Edits on real records; only the handles, which tell what becomes of a write, are stand-ins. */
function open() {
  const doc = new Y.Doc()
  const records = openRecords(doc, platformSchema)
  const datasets = records.collection("datasets")
  const columns = records.collection("columns")
  const catalog = new Catalog({ datasets, columns, onChange: (listener) => records.onChange(listener) })
  const wrap = (name: "datasets" | "columns"): unknown => {
    const collection = records.collection(name) as unknown as Record<string, (...args: unknown[]) => unknown>
    const writing =
      (method: string) =>
      (...args: unknown[]) => {
        collection[method]?.(...args)
        return handle
      }
    return {
      put: writing("put"),
      update: writing("update"),
      removeField: writing("removeField"),
      delete: writing("delete"),
      get: (id: string) => collection["get"]?.(id),
      has: (id: string) => collection["has"]?.(id),
    }
  }
  const target = {
    collection: wrap,
    transact: (write: () => void) => {
      records.transact(write)
      return handle
    },
  } as unknown as EditTarget
  const updates: Uint8Array[] = []
  doc.on("update", (update: Uint8Array) => updates.push(update))
  const fields: string[] = []
  records.onChange((changes) => {
    for (const change of changes) {
      const before = (change.before ?? {}) as Record<string, unknown>
      const after = (change.after ?? {}) as Record<string, unknown>
      const names = new Set([...Object.keys(before), ...Object.keys(after)])
      for (const name of names) if (before[name] !== after[name]) fields.push(`${change.id}.${name}`)
    }
  })
  return { edits: new Edits(target, catalog, () => {}), datasets, columns, catalog, updates, fields }
}

const orders = { database: "sales", name: "orders", external: false }

describe("W6 an edit writes the one field that it names", () => {
  test("a text, an emptied text, a checkbox", () => {
    const { edits, datasets, fields } = open()
    edits.createDataset("sales.orders", { ...orders, comment: "old", format: "ORC" })
    fields.length = 0
    edits.setDatasetText("sales.orders", "comment", "new")
    edits.setDatasetText("sales.orders", "format", "")
    edits.setExternal("sales.orders", true)
    expect(fields).toEqual(["sales.orders.comment", "sales.orders.format", "sales.orders.external"])
    expect(datasets.get("sales.orders")).toEqual({ ...orders, comment: "new", external: true })
  })
  test("what the schema refuses, and a name that is taken, throws and writes nothing", () => {
    const { edits, updates } = open()
    edits.createDataset("sales.orders", orders)
    updates.length = 0
    expect(() => edits.createDataset("sales.orders", orders)).toThrow(/exists already/)
    expect(() => edits.setDatasetText("sales.orders", "name", "")).toThrow(/needs a name/)
    expect(updates).toEqual([])
  })
})

describe("W16 a dataset is deleted with its columns, at once, and can be restored", () => {
  test("one transaction there, one back", () => {
    const { edits, datasets, columns, updates } = open()
    edits.createDataset("sales.orders", orders)
    edits.addColumn("sales.orders", { role: "column", name: "id", type: "bigint" })
    edits.addColumn("sales.orders", { role: "partition", name: "day", type: "" })
    edits.createDataset("sales.refunds", { ...orders, name: "refunds" })
    edits.addColumn("sales.refunds", { role: "column", name: "id", type: "" })
    const before = [datasets.all(), columns.all()]
    updates.length = 0
    const deleted = edits.deleteDataset("sales.orders")
    expect(updates).toHaveLength(1)
    expect(Array.from(datasets.ids())).toEqual(["sales.refunds"])
    expect(Array.from(columns.ids())).toEqual(["sales.refunds/column/0"])
    if (deleted === undefined) throw new Error("nothing was deleted")
    edits.restoreDataset(deleted)
    expect(updates).toHaveLength(2)
    expect([datasets.all(), columns.all()]).toEqual(before)
  })
  test("what exists again meanwhile is left alone", () => {
    const { edits, datasets } = open()
    edits.createDataset("sales.orders", orders)
    const deleted = edits.deleteDataset("sales.orders")
    edits.createDataset("sales.orders", { ...orders, comment: "made anew" })
    if (deleted === undefined) throw new Error("nothing was deleted")
    edits.restoreDataset(deleted)
    expect(datasets.get("sales.orders")?.comment).toBe("made anew")
  })
  test("deleting what is not there does nothing", () => {
    expect(open().edits.deleteDataset("no.such")).toBeUndefined()
  })
})

describe("W17 columns get the next free place, and move only to a free one", () => {
  test("added after the last of their role", () => {
    const { edits, columns } = open()
    edits.createDataset("a.b", orders)
    expect(edits.addColumn("a.b", { role: "column", name: "x", type: "" })).toBe("a.b/column/0")
    columns.put("a.b/column/7", { dataset: "a.b", role: "column", position: 7, name: "y" })
    expect(edits.addColumn("a.b", { role: "column", name: "z", type: "" })).toBe("a.b/column/8")
    expect(edits.addColumn("a.b", { role: "partition", name: "day", type: "date" })).toBe("a.b/partition/0")
  })
  test("a key that is taken by a record whose fields disagree is passed over", () => {
    const { edits, columns } = open()
    columns.put("a.b/column/0", { dataset: "other", role: "column", position: 5 })
    expect(edits.addColumn("a.b", { role: "column", name: "x", type: "" })).toBe("a.b/column/1")
  })
  test("a move is one transaction under the new key; a taken place and no number are refused", () => {
    const { edits, columns, updates, catalog } = open()
    edits.addColumn("a.b", { role: "column", name: "x", type: "int" })
    edits.addColumn("a.b", { role: "column", name: "y", type: "int" })
    updates.length = 0
    expect(edits.moveColumn("a.b/column/0", "column", 4)).toBe("a.b/column/4")
    expect(updates).toHaveLength(1)
    expect(columns.get("a.b/column/4")).toMatchObject({ name: "x", type: "int", position: 4 })
    expect(catalog.columnsOf("a.b").map((entry) => entry.column.name)).toEqual(["y", "x"])
    expect(() => edits.moveColumn("a.b/column/4", "column", 1)).toThrow(/is taken/)
    expect(() => edits.moveColumn("a.b/column/4", "column", Number.NaN)).toThrow(/whole number/)
    expect(() => edits.moveColumn("a.b/column/4", "column", -1)).toThrow(/whole number/)
    expect(() => edits.moveColumn("a.b/column/9", "column", 1)).toThrow(/removed/)
    expect(edits.moveColumn("a.b/column/4", "column", 4)).toBe("a.b/column/4")
    expect(updates).toHaveLength(1)
  })
})
