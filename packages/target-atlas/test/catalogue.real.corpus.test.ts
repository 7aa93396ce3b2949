import { readFileSync } from "node:fs"
import { resolve } from "node:path"
import { ChangeMaker } from "@millrace/target/suite"
import { type CatalogTable, parseCatalog } from "@millrace/workspace"
import { expect, test } from "vitest"
import { catalogueChanges, deliver } from "./catalogue.ts"
import { entitiesOf, targetFor, theServer } from "./real-atlas.ts"

const root = resolve(import.meta.dirname, "../../..")
const named = process.env["MILLRACE_CORPUS"] ?? ""
const corpus = named === "" ? resolve(root, "../shared/corpus") : resolve(named)
const never = { signal: new AbortController().signal }

test("T240 a production catalogue that others wrote is in a real Atlas as tables and columns, reads back as it is, and a second run writes nothing", async () => {
  const atlas = await theServer()
  const target = targetFor(atlas, { namespace: "corpus" })
  const tables: readonly CatalogTable[] = parseCatalog(readFileSync(resolve(corpus, "catalog.json"), "utf8"), "json")
  expect(tables.length).toBeGreaterThanOrEqual(72)
  const changes = catalogueChanges(new ChangeMaker(), tables)
  await deliver(target, changes)

  const all = async (): Promise<Awaited<ReturnType<typeof entitiesOf>>> => [
    ...(await entitiesOf(atlas, "hive_table", "@corpus")),
    ...(await entitiesOf(atlas, "hive_column", "@corpus")),
  ]
  const entities = await all()
  const ofType = (typeName: string): number => entities.filter((entity) => entity.typeName === typeName).length
  expect(ofType("millrace_table")).toBe(tables.length)
  expect(ofType("millrace_column")).toBe(changes.length - tables.length)
  const orders = tables.find(({ columns }) => (columns?.length ?? 0) > 5)
  const entity = entities.find(({ attributes }) => attributes["qualifiedName"] === `${orders?.qualifiedName}@corpus`)
  const columns = entity?.relationshipAttributes["columns"] as readonly { readonly displayText: string }[]
  expect(new Set(columns.map(({ displayText }) => displayText))).toEqual(
    new Set(orders?.columns?.map(({ name }) => name)),
  )

  const scope = { workspace: "suite", collections: ["datasets", "columns"] }
  const observed = await target.observe(scope, never)
  expect(observed.complete).toBe(true)
  expect(new Map(observed.records.map(({ collection, id, fields }) => [`${collection} ${id}`, fields]))).toEqual(
    new Map(changes.map(({ collection, id, after }) => [`${collection} ${id}`, after])),
  )

  const times = new Map(entities.map(({ guid, updateTime }) => [guid, updateTime]))
  const other = targetFor(atlas, { namespace: "corpus" })
  const steps = await other.plan({ binding: "b", changes }, never)
  expect(new Set(steps.map(({ action }) => action))).toEqual(new Set(["none"]))
  await deliver(other, changes)
  const after = await all()
  expect(new Map(after.map(({ guid, updateTime }) => [guid, updateTime]))).toEqual(times)
  await Promise.all([target.close(), other.close()])
})
