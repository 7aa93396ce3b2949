import { expect, test } from "vitest"
import { inspectCatalog, maxProblems, parseCatalog, sampleCatalog } from "../src/index.ts"

const table = { qualifiedName: "d.n", database: "d", name: "n", external: true }

test("M41 a catalogue is read from a JSON list or from NDJSON, empty lines and a byte order mark aside", () => {
  const text = `\uFEFF${JSON.stringify(sampleCatalog, null, 1)}`
  expect(parseCatalog(text, "json")).toEqual(sampleCatalog)
  const lines = sampleCatalog.map((each) => `${JSON.stringify(each)}\r\n\n`).join("")
  expect(parseCatalog(lines, "ndjson")).toEqual(sampleCatalog)
  expect(parseCatalog("[]", "json")).toEqual([])
  expect(parseCatalog("", "ndjson")).toEqual([])
})

test("M41 texts that may be missing may be null or empty, and stay what they are", () => {
  const given = [{ ...table, comment: null, format: "", columns: [{ name: "a", type: "int", comment: null }] }]
  expect(parseCatalog(JSON.stringify(given), "json")).toEqual(given)
})

const broken = `[
  {
    "qualifiedName": "d.n",
    "database": 5,
    "external": "yes",
    "owner": "me",
    "name": "",
    "columns": [
      { "name": "a", "type": "int" },
      { "name": "b",
        "tipe": "int" },
      "c"
    ],
    "partitionKeys": [
      { "expression": "days(a)", "name": "a" },
      { "type": "int" }
    ],
    "comment": ["x"],
    "comment": "twice"
  },
  7
]`

test("M42 every problem names its line and field", () => {
  expect(inspectCatalog(broken, "json").problems).toEqual([
    { line: 4, field: "database", reason: "it must be a text, not the number 5" },
    { line: 5, field: "external", reason: 'it must be true or false, not the string "yes"' },
    { line: 6, field: "owner", reason: "the catalogue's shape has no such field" },
    { line: 7, field: "name", reason: "it must not be empty" },
    { line: 10, field: "columns[1].type", reason: "it is missing" },
    { line: 11, field: "columns[1].tipe", reason: "the catalogue's shape has no such field" },
    { line: 12, field: "columns[2]", reason: 'it must be an object, not the string "c"' },
    {
      line: 15,
      field: "partitionKeys[0].name",
      reason: "a partition has either a name and a type or an expression",
    },
    { line: 16, field: "partitionKeys[1].name", reason: "it is missing" },
    { line: 19, field: "comment", reason: "it is given twice" },
    { line: 21, field: "", reason: "it must be an object, not the number 7" },
  ])
})

test("M42 the error tells line and field of the first problems and counts the rest", () => {
  expect(() => parseCatalog(broken, "json")).toThrow(expect.objectContaining({ kind: "invalid" }))
  expect(() => parseCatalog(broken, "json")).toThrow(`line 4, field "database": it must be a text`)
  const many = JSON.stringify(Array.from({ length: 50 }, () => ({ ...table, owner: 1 })))
  expect(inspectCatalog(many, "json").problems).toHaveLength(maxProblems)
  expect(() => parseCatalog(many, "json")).toThrow("and 30 more")
})

test.each<readonly [string, string, "json" | "ndjson", string]>([
  ["an object", "{}", "json", "line 1: a catalogue is a list of tables"],
  ["nothing", "", "json", "line 1"],
  ["a comma too many", '[\n{"qualifiedName":"a"},\n]', "json", "line 3: this is not JSON: value expected"],
  ["a comment", "[\n// no\n]", "json", "line 2: this is not JSON"],
  ["a bracket too few", "[\n{\n", "json", "this is not JSON: close brace expected"],
  ["two values", "[] []", "json", "this is not JSON: end of file expected"],
  ["endless nesting", "[".repeat(200_000), "json", "line 1"],
  ["one bad line", `${JSON.stringify(table)}\n{oops}\n`, "ndjson", "line 2: this is not JSON"],
  ["a list on a line", "[]", "ndjson", "line 1: it must be an object, not a list"],
])("M42 %s is refused with its line", (_, text, format, message) => {
  expect(() => parseCatalog(text, format)).toThrow(message)
})

test("M43 a qualified name that comes twice is refused, with both lines", () => {
  const twice = [table, { ...table, qualifiedName: "d.m" }, table].map((each) => JSON.stringify(each)).join("\n")
  expect(() => parseCatalog(twice, "ndjson")).toThrow(
    'line 3, field "qualifiedName": "d.n" is also the table of line 1',
  )
})
