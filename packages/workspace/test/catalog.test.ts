import { openRecords } from "@millrace/model"
import { expect, test } from "vitest"
import * as Y from "yjs"
import {
  type CatalogTable,
  columnId,
  exportCatalog,
  importCatalog,
  parseCatalog,
  platformSchema,
  sampleCatalog,
} from "../src/index.ts"

function platform() {
  const doc = new Y.Doc()
  const updates: Uint8Array[] = []
  doc.on("update", (bytes: Uint8Array) => void updates.push(bytes))
  const records = openRecords(doc, platformSchema)
  return { doc, records, updates, datasets: records.collection("datasets"), columns: records.collection("columns") }
}

const table = { qualifiedName: "d.n", database: "d", name: "n", external: true } as const

test("M44 a dataset goes by its qualified name, a column by dataset, role and position", async () => {
  const { records, datasets, columns } = platform()
  const keys: CatalogTable = {
    ...table,
    comment: "c",
    columns: [{ name: "a", type: "int", comment: "first" }],
    partitionKeys: [{ name: "day", type: "date" }, { expression: "MONTHS(day)" }],
  }
  expect(await importCatalog(records, [keys])).toEqual({ written: 4 })
  expect(Object.fromEntries(datasets.all())).toEqual({
    "d.n": { database: "d", name: "n", external: true, comment: "c" },
  })
  expect(Object.fromEntries(columns.all())).toEqual({
    "d.n/column/0": { dataset: "d.n", role: "column", position: 0, name: "a", type: "int", comment: "first" },
    "d.n/partition/0": { dataset: "d.n", role: "partition", position: 0, name: "day", type: "date" },
    "d.n/partition/1": { dataset: "d.n", role: "partition", position: 1, expression: "MONTHS(day)" },
  })
})

test("M45 what is imported comes out in the same shape, sorted; imported again it writes nothing", async () => {
  const { records, updates } = platform()
  const backwards = [...sampleCatalog].reverse()
  const count = sampleCatalog.reduce(
    (sum, each) => sum + 1 + (each.columns?.length ?? 0) + (each.partitionKeys?.length ?? 0),
    0,
  )
  expect(await importCatalog(records, backwards)).toEqual({ written: count })
  expect(exportCatalog(records)).toEqual({ tables: sampleCatalog, problems: [] })
  const before = updates.length
  expect(await importCatalog(records, sampleCatalog)).toEqual({ written: 0 })
  expect(updates).toHaveLength(before)
})

test("M45 names as hostile as may be come out as they went in", async () => {
  const names = [
    "a/b",
    "a/b/column/0",
    "lake.${table}",
    "{",
    "__proto__",
    "constructor",
    "d.ü🥐",
    "$",
    " ",
    '"',
    "10",
    "9",
  ]
  const given = names.map((name) => ({
    ...table,
    qualifiedName: name,
    name,
    comment: name,
    columns: [
      { name, type: name },
      { name: "__proto__", type: "${x}", comment: null },
    ],
    partitionKeys: [{ expression: name }],
  }))
  const { records, doc } = platform()
  await importCatalog(records, parseCatalog(JSON.stringify(given), "json"))
  const other = new Y.Doc()
  Y.applyUpdate(other, Y.encodeStateAsUpdate(doc), "network")
  const sorted = [...given].sort((a, b) => (a.qualifiedName < b.qualifiedName ? -1 : 1))
  expect(exportCatalog(openRecords(other, platformSchema))).toEqual({ tables: sorted, problems: [] })
})

test("M46 only fields that the file names are written, and nothing is deleted", async () => {
  const { records, datasets, columns } = platform()
  const two = [
    { name: "a", type: "int", comment: "from the file" },
    { name: "b", type: "int" },
  ]
  await importCatalog(records, [{ ...table, comment: "from the file", columns: two }])
  datasets.update("d.n", { location: "typed", comment: "typed" })
  columns.update("d.n/column/0", { comment: "typed", name: "typed" })
  expect(await importCatalog(records, [table])).toEqual({ written: 0 })
  expect(await importCatalog(records, [{ ...table, columns: [{ name: "a", type: "int" }] }])).toEqual({ written: 1 })
  expect(datasets.get("d.n")).toMatchObject({ location: "typed", comment: "typed" })
  expect(columns.get("d.n/column/0")).toMatchObject({ comment: "typed", name: "a" })
  expect(columns.has("d.n/column/1")).toBe(true)
})

test("M46 a partition key that gets a name loses its expression, and the other way round", async () => {
  const { records } = platform()
  const computed = { ...table, columns: [], partitionKeys: [{ expression: "DAYS(a)" }] }
  const named = { ...table, columns: [], partitionKeys: [{ name: "a", type: "int" }] }
  for (const each of [computed, named, computed]) {
    await importCatalog(records, [each])
    expect(exportCatalog(records)).toEqual({ tables: [each], problems: [] })
  }
})

test("M47 an import goes in bounded transactions and tells how many tables are whole", async () => {
  const { records, updates } = platform()
  const columns = Array.from({ length: 40 }, (_, at) => ({ name: `c${at}`, type: "string", comment: "x".repeat(100) }))
  const tables = Array.from({ length: 60 }, (_, at) => ({ ...table, qualifiedName: `d.t${at}`, columns }))
  const told: number[] = []
  let isBusy = false
  await importCatalog(records, tables, {
    onBatch: async (done) => {
      expect(isBusy).toBe(false)
      isBusy = true
      await Promise.resolve()
      told.push(done)
      isBusy = false
    },
  })
  expect(told.at(-1)).toBe(60)
  expect([...told].sort((a, b) => a - b)).toEqual(told)
  expect(updates).toHaveLength(told.length)
  expect(told.length).toBeGreaterThan(3)
  expect(Math.max(...updates.map(({ length }) => length))).toBeLessThan(150_000)
  expect(exportCatalog(records).tables).toHaveLength(60)
})

test("M48 what merges have left is reported and crashes nothing", async () => {
  const a = platform()
  await importCatalog(a.records, [{ ...table, columns: [{ name: "a", type: "int" }], partitionKeys: [] }])
  const b = platform()
  Y.applyUpdate(b.doc, Y.encodeStateAsUpdate(a.doc), "network")
  a.datasets.delete("d.n")
  b.columns.put(columnId("d.n", "column", 1), { dataset: "d.n", role: "column", position: 1, name: "b" })
  b.datasets.put("d.m", { database: "d", name: "m", external: false })
  b.columns.put(columnId("d.m", "column", 0), { dataset: "d.m", role: "column", position: 0, type: "int" })
  b.columns.put(columnId("d.m", "column", 1), {
    dataset: "d.m",
    role: "column",
    position: 1,
    name: "x",
    type: "int",
    expression: "DAYS(x)",
  })
  b.columns.put(columnId("d.m", "partition", 0), {
    dataset: "d.m",
    role: "partition",
    position: 0,
    name: "p",
    expression: "DAYS(p)",
  })
  Y.applyUpdate(a.doc, Y.encodeStateAsUpdate(b.doc), "network")
  const others = new Y.Doc()
  Y.applyUpdate(others, Y.encodeStateAsUpdate(a.doc), "network")
  others
    .getArray("datasets")
    .push(['["d.bad","n1",{"name":5}]', '["d.newer","n1",{"database":"d","external":true,"name":"w","owner":"me"}]'])
  others.getArray("columns").push(['["odd","n1",{"dataset":"d.m","position":-1,"role":"row"}]'])
  Y.applyUpdate(a.doc, Y.encodeStateAsUpdate(others), "network")
  const { tables, problems } = exportCatalog(a.records)
  expect(tables).toEqual([
    {
      qualifiedName: "d.m",
      database: "d",
      name: "m",
      external: false,
      columns: [{ name: "x", type: "int" }],
      partitionKeys: [{ expression: "DAYS(p)" }],
    },
    { qualifiedName: "d.newer", database: "d", name: "w", external: true, columns: [], partitionKeys: [] },
  ])
  expect(problems).toEqual([
    'column "d.n/column/0": there is no dataset "d.n"',
    'column "d.n/column/1": there is no dataset "d.n"',
    expect.stringContaining('column "odd": field "role"'),
    expect.stringContaining('dataset "d.bad": field "database": it is missing; field "name"'),
    'column "d.m/column/0": it has no name',
    'column "d.m/column/1": its expression has no place beside a name',
    'column "d.m/partition/0": its name has no place beside an expression',
    'dataset "d.newer": the catalogue\'s shape has no field "owner"',
  ])
})

test("M49 the sample is a catalogue like any other", () => {
  expect(parseCatalog(JSON.stringify(sampleCatalog), "json")).toEqual(sampleCatalog)
  expect(sampleCatalog.length).toBeGreaterThanOrEqual(6)
})

test("M49 the platform's schema refuses what no catalogue could hold", () => {
  const { datasets, columns } = platform()
  expect(() => datasets.put("x", { database: "", name: "x", external: true })).toThrow('field "database" is not valid')
  const column = { dataset: "x", role: "column", position: 0.5, name: "x" } as const
  expect(() => columns.put("x/column/0", column)).toThrow('field "position" is not valid')
})
