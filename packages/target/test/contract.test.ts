import { expect, test } from "vitest"
import { fieldDiff, fieldRule, isTwoWay, type Ownership } from "../src/index.ts"

test("T200 a field's rule is its own, else its collection's rest, else that of all collections, else owner app", () => {
  const ownership: Ownership = {
    datasets: { comment: { owner: "shared", onConflict: "ask" }, "*": { owner: "target" } },
    columns: {},
    "*": { name: { owner: "shared" } },
  }
  expect(fieldRule(ownership, "datasets", "comment")).toEqual({ owner: "shared", onConflict: "ask" })
  expect(fieldRule(ownership, "datasets", "name")).toEqual({ owner: "target" })
  expect(fieldRule(ownership, "columns", "name")).toEqual({ owner: "app" })
  expect(fieldRule(ownership, "others", "name")).toEqual({ owner: "shared" })
  expect(fieldRule(ownership, "others", "constructor")).toEqual({ owner: "app" })
  expect(["datasets", "columns", "others"].map((name) => isTwoWay(ownership, name))).toEqual([true, false, true])
})

test("T201 a plan's difference names each field with its canonical text before and after, sorted", () => {
  const before = '{"b":1,"c":{"x":1,"y":2},"d":[1]}'
  expect(fieldDiff(before, '{"a":"new","c":{"x":1,"y":2},"d":[2]}')).toEqual([
    { field: "a", before: null, after: '"new"' },
    { field: "b", before: "1", after: null },
    { field: "d", before: "[1]", after: "[2]" },
  ])
  expect(fieldDiff(null, '{"a":1}')).toEqual([{ field: "a", before: null, after: "1" }])
  expect(fieldDiff(before, before)).toEqual([])
})
