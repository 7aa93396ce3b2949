import { existsSync, readFileSync } from "node:fs"
import { resolve } from "node:path"
import { exportText, openRecords } from "@millrace/model"
import { expect, test } from "vitest"
import * as Y from "yjs"
import { exportCatalog, importCatalog, parseCatalog, platformSchema } from "../src/index.ts"

const root = resolve(import.meta.dirname, "../../..")
const named = process.env["MILLRACE_CORPUS"] ?? ""
const corpus = named === "" ? resolve(root, "../shared/corpus") : resolve(named)

test("M45 tables that others wrote are imported and come out equal to what went in", async () => {
  const path = resolve(corpus, "catalog.json")
  expect(existsSync(path), `${path} is missing: set MILLRACE_CORPUS`).toBe(true)
  const text = readFileSync(path, "utf8")
  const given = JSON.parse(text) as readonly { readonly qualifiedName: string }[]
  expect(given.length).toBeGreaterThanOrEqual(72)
  const doc = new Y.Doc()
  const records = openRecords(doc, platformSchema)
  const tables = parseCatalog(text, "json")
  await importCatalog(records, tables)
  const sorted = [...given].sort((a, b) => (a.qualifiedName < b.qualifiedName ? -1 : 1))
  expect(exportCatalog(records)).toEqual({ tables: sorted, problems: [] })
  const before = Y.encodeStateVector(doc)
  expect(await importCatalog(records, tables)).toEqual({ written: 0 })
  expect(Y.encodeStateVector(doc)).toEqual(before)
  const lines = given.map((each) => JSON.stringify(each)).join("\n")
  expect(parseCatalog(lines, "ndjson")).toEqual(tables)
  const other = new Y.Doc()
  Y.applyUpdate(other, Y.encodeStateAsUpdate(doc), "network")
  expect(exportText(openRecords(other, platformSchema))).toBe(exportText(records))
})
