import { readFileSync } from "node:fs"
import { join } from "node:path"
import { tempDir } from "@millrace/testkit"
import { expect, test } from "vitest"
import * as Y from "yjs"
import { type LayoutName, layouts } from "../src/records/layouts.ts"
import { make } from "../src/records/make.ts"
import { measureQuery } from "../src/records/measure.ts"
import { fieldNames, idAt, recordAt, shuffledEdits } from "../src/records/rows.ts"

const names: readonly LayoutName[] = ["millrace", "nested", "whole"]
const records = 600

function readAll(folder: string, name: LayoutName, stage: string): readonly unknown[] {
  const doc = new Y.Doc()
  Y.applyUpdate(doc, new Uint8Array(readFileSync(join(folder, `${name}-${stage}.bin`))), "disk")
  const layout = layouts[name](doc)
  expect(layout.size).toBe(records)
  return Array.from({ length: records }, (_, at) => layout.read(idAt(at)))
}

test("all layouts hold the same records after the same work, and every query is told", () => {
  const folder = tempDir("bench-records")
  for (const name of names) {
    make(folder, name, "imported", records, true)
    make(folder, name, "one-by-one", records, false)
    expect(measureQuery(join(folder, `${name}-imported-fresh.bin`), name, records)["queryUs"]).toBeGreaterThan(0)
  }
  const fresh = Array.from({ length: records }, (_, at) => recordAt(at))
  for (const name of names) {
    expect(readAll(folder, name, "imported-fresh")).toEqual(fresh)
    expect(readAll(folder, name, "one-by-one-fresh")).toEqual(fresh)
  }
  for (const stage of ["imported-quarter", "imported-all"]) {
    const ours = readAll(folder, "millrace", stage)
    expect(readAll(folder, "nested", stage)).toEqual(ours)
    expect(readAll(folder, "whole", stage)).toEqual(ours)
    const differing = ours.flatMap((record, at) =>
      fieldNames.filter((field) => (record as Record<string, unknown>)[field] !== recordAt(at)[field]),
    )
    expect(differing).toHaveLength(stage === "imported-all" ? records * 8 : records * 2)
  }
})

test("the order of edits is one of all fields, each once", () => {
  const edits = shuffledEdits(100)
  expect([...edits].sort((a, b) => a - b)).toEqual(Array.from({ length: 800 }, (_, at) => at))
  expect([...edits].slice(0, 20)).not.toEqual([...edits].slice(0, 20).sort((a, b) => a - b))
})
