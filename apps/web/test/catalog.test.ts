import { openRecords } from "@millrace/model"
import { seededRandom, seedFromEnvironment } from "@millrace/testkit"
import { type PlatformRecords, platformSchema } from "@millrace/workspace"
import { describe, expect, test } from "vitest"
import * as Y from "yjs"
import { haystackOf, matches, parseQuery } from "../src/datasets/filter.ts"
import { Catalog } from "../src/workspace/catalog.ts"
import type { Column, Dataset } from "../src/workspace/shapes.ts"

function open(): { readonly records: PlatformRecords; readonly catalog: Catalog } {
  const doc = new Y.Doc()
  const records = openRecords(doc, platformSchema)
  const catalog = new Catalog({
    datasets: records.collection("datasets"),
    columns: records.collection("columns"),
    onChange: (listener) => records.onChange(listener),
  })
  return { records, catalog }
}

const dataset = (name: string, comment = ""): Dataset => ({ database: "db", name, external: false, comment })
const column = (owner: string, position: number, name: string): Column => ({
  dataset: owner,
  role: "column",
  position,
  name,
})

test("W2 after any changes the lists equal those computed from scratch", () => {
  const seed = seedFromEnvironment()
  const random = seededRandom(seed)
  const pick = (count: number): number => Math.floor(random.float() * count)
  const { records, catalog } = open()
  const datasets = records.collection("datasets")
  const columns = records.collection("columns")
  const queries = ["", "red", "column:id", "db.1", "red column:id"]
  let query = ""
  for (let step = 0; step < 400; step += 1) {
    records.transact(() => {
      for (let edit = pick(4); edit >= 0; edit -= 1) {
        const id = `db.${pick(40)}`
        const columnId = `${id}/column/${pick(3)}`
        const action = pick(5)
        if (action === 0) datasets.put(id, dataset(id, pick(2) === 0 ? "red" : "blue"))
        else if (action === 1) datasets.delete(id)
        else if (action === 2) columns.put(columnId, column(id, pick(3), pick(2) === 0 ? "id" : "price"))
        else if (action === 3) columns.delete(columnId)
        // A column may change the dataset that it names.
        else if (columns.has(columnId)) columns.update(columnId, { dataset: `db.${pick(40)}` })
      }
    })
    if (pick(10) === 0) {
      query = queries[pick(queries.length)] ?? ""
      catalog.setQuery(parseQuery(query))
    }
    const parsed = parseQuery(query)
    const all = Array.from(datasets.ids()).sort()
    const named = (owner: string): string[] =>
      Array.from(columns.all())
        .filter(([, column]) => column.dataset === owner)
        .sort(([aId, a], [bId, b]) => a.position - b.position || (aId < bId ? -1 : 1))
        .map(([id]) => id)
    const filtered = all.filter((id) =>
      matches(parsed, haystackOf(id, datasets.get(id) ?? {}), () =>
        named(id).map((columnId) => String(columns.get(columnId)?.name)),
      ),
    )
    expect(catalog.allIds(), `seed ${seed} step ${step}`).toEqual(all)
    expect(catalog.filteredIds(), `seed ${seed} step ${step} query ${query}`).toEqual(filtered)
    for (const id of all.slice(0, 5)) {
      expect(
        catalog.columnsOf(id).map((entry) => entry.id),
        `seed ${seed} step ${step}`,
      ).toEqual(named(id))
      expect(catalog.columnCountOf(id)).toBe(named(id).length)
    }
  }
})

describe("W3 a change wakes only those who show the record", () => {
  test("an update of one dataset: its listener, no other, and the lists keep their references", () => {
    const { records, catalog } = open()
    const datasets = records.collection("datasets")
    records.transact(() => {
      for (let index = 0; index < 1_000; index += 1) datasets.put(`db.${index}`, dataset(`${index}`))
    })
    const woken: string[] = []
    for (const id of ["db.1", "db.2"]) catalog.onDataset(id, () => woken.push(id))
    catalog.onColumnsOf("db.1", () => woken.push("columns of db.1"))
    catalog.onList(() => woken.push("list"))
    const before = [catalog.allIds(), catalog.filteredIds(), catalog.dataset("db.2"), catalog.columnsOf("db.2")]
    datasets.update("db.1", { comment: "changed" })
    expect(woken).toEqual(["db.1"])
    expect(catalog.dataset("db.1")).toMatchObject({ comment: "changed" })
    const after = [catalog.allIds(), catalog.filteredIds(), catalog.dataset("db.2"), catalog.columnsOf("db.2")]
    for (const [index, snapshot] of before.entries()) expect(after[index]).toBe(snapshot)
  })

  test("a column: the listeners of its dataset's columns alone", () => {
    const { records, catalog } = open()
    records.collection("datasets").put("db.1", dataset("1"))
    const woken: string[] = []
    catalog.onDataset("db.1", () => woken.push("dataset"))
    catalog.onColumnsOf("db.1", () => woken.push("columns"))
    catalog.onList(() => woken.push("list"))
    records.collection("columns").put("db.1/column/0", column("db.1", 0, "id"))
    expect(woken).toEqual(["columns"])
  })

  test("a listener that is gone is not woken, and leaving twice does nothing", () => {
    const { records, catalog } = open()
    let count = 0
    const stop = catalog.onList(() => (count += 1))
    stop()
    stop()
    records.collection("datasets").put("db.1", dataset("1"))
    expect(count).toBe(0)
  })

  test("a closed catalogue follows nothing", () => {
    const { records, catalog } = open()
    catalog.close()
    records.collection("datasets").put("db.1", dataset("1"))
    expect(catalog.allIds()).toEqual([])
  })
})
