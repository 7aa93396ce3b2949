import { expect, test } from "vitest"
import { BagEntry } from "../src/bag-entry.ts"
import { type EditEntry, encodeCreate, encodeEdit, idOfEntry, readEntry } from "../src/entry.ts"
import { concurrentEdits, editsAfterDelete } from "../src/conflicts.ts"
import { fold, type Folded } from "../src/fold.ts"
import type { FieldKind } from "../src/schema.ts"
import type { PlainRecord, Value } from "../src/value.ts"
import { Seeded } from "./support/seeded.ts"

const person = 70_000
const target = 7

const kinds: Readonly<Record<string, FieldKind>> = { f: "value", tags: "set", props: "map", steps: "list" }

function create(nonce: string, fields: Record<string, Value>, client = person, clock = 0): BagEntry {
  return new BagEntry({ client }, clock, encodeCreate("r", nonce, fields))
}

function edit(partial: Partial<EditEntry>, client = person, clock = 0): BagEntry {
  const whole = { id: "r", tags: ["n1"], stamp: 1, field: "f", element: null, part: "value", ...partial } as const
  return new BagEntry({ client }, clock, encodeEdit({ value: undefined, ...whole }))
}

/** Folds in several orders and expects the same each time. */
function folded(...entries: readonly BagEntry[]): Folded {
  const reading = { kindOf: (field: string): FieldKind | undefined => kinds[field], migrate: (r: PlainRecord) => r }
  const first = fold(entries, reading)
  const random = new Seeded(1)
  for (let round = 0; round < 5; round++) {
    const again = fold(random.shuffle(entries), reading)
    expect(again.canonical).toBe(first.canonical)
    expect(concurrentEdits(again)).toEqual(concurrentEdits(first))
  }
  return first
}

test("M6 entries have exactly the texts of the layout", () => {
  expect(create("n1", { b: 1, a: "x" }).text).toBe('["r","n1",{"a":"x","b":1}]')
  expect(edit({ value: 2 }).text).toBe('["r","n1",1,"f",0,2]')
  expect(edit({ tags: ["n2", "n1"], stamp: 3 }).text).toBe('["r",["n1","n2"],3,"f",0]')
  expect(edit({ field: "tags", element: "e", value: 1 }).text).toBe('["r","n1",1,"tags","e",1]')
  expect(edit({ field: "steps", element: "e", part: "position", value: ["a0"] }).text).toBe(
    '["r","n1",1,"steps",["e","p"],["a0"]]',
  )
  expect(edit({ value: null }).text).toBe('["r","n1",1,"f",0,null]')
})

test.each(["", "plain", 'quo"te', "back\\", '\\"', "a,b", "line\nbreak", "\ud800", "__proto__", "é🥐"])(
  "M6 the id %j is found in an entry without reading the rest",
  (id) => {
    const text = encodeCreate(id, "n1", { a: 1 })
    expect(idOfEntry(text)).toBe(id)
    expect(readEntry(text)).toMatchObject({ kind: "create", id, nonce: "n1", fields: { a: 1 } })
  },
)

test("M7 a record exists while one of its creations lives; two creations unite, the later nonce first", () => {
  const both = folded(create("n1", { f: 1, g: 1 }), create("n2", { g: 2, h: 2 }, person + 1))
  expect(both.record).toEqual({ f: 1, g: 2, h: 2 })
  expect(concurrentEdits(both)).toEqual([
    {
      field: "g",
      element: null,
      part: "value",
      candidates: [
        { value: 2, client: person + 1 },
        { value: 1, client: person },
      ],
    },
  ])
  expect(folded(edit({ value: 1 })).record).toBeUndefined()
})

test("M7 a creation written back from a target gives way to a person's, whatever their nonces", () => {
  expect(folded(create("n9", { f: "target" }, target), create("n1", { f: "person" })).record).toEqual({ f: "person" })
})

test("M8 of concurrent edits the highest (class, stamp, client, clock) is in force, the others are listed", () => {
  const base = create("n1", { f: 0 })
  const value = (...edits: readonly BagEntry[]): unknown => folded(base, ...edits).record?.["f"]
  expect(value(edit({ stamp: 9, value: "target" }, target), edit({ stamp: 1, value: "person" }))).toBe("person")
  expect(value(edit({ stamp: 2, value: "later" }), edit({ stamp: 1, value: "higher" }, person + 1))).toBe("later")
  expect(value(edit({ value: "low" }), edit({ value: "high" }, person + 1))).toBe("high")
  expect(value(edit({ value: "old" }, person, 1), edit({ value: "new" }, person, 2))).toBe("new")
  expect(value(edit({ value: "written back" }, target))).toBe("written back")
  const listed = concurrentEdits(folded(base, edit({ value: "a" }), edit({ stamp: 2 }, person + 1)))
  expect(listed).toMatchObject([{ candidates: [{ value: undefined }, { value: "a" }] }])
})

test("M8 a removal takes the field away, null does not", () => {
  expect(folded(create("n1", { f: 1 }), edit({})).record).toEqual({})
  expect(folded(create("n1", { f: 1 }), edit({ value: null })).record).toEqual({ f: null })
})

test("M9 an edit none of whose tags lives is in force nowhere and is listed", () => {
  const again = folded(create("n2", { f: 9 }), edit({ tags: ["n1"], stamp: 50, value: "stale" }))
  expect(again.record).toEqual({ f: 9 })
  expect(editsAfterDelete(again)).toEqual([
    { field: "f", element: null, part: "value", value: "stale", client: person },
  ])
  expect(folded(create("n2", { f: 9 }), edit({ tags: ["n1", "n2"], value: "seen both" })).record).toEqual({
    f: "seen both",
  })
})

test("M10 of a set or map any add that lives wins over any removal", () => {
  const base = create("n1", { tags: { a: 1, b: 1 }, props: { k: "v" } })
  const removal = edit({ field: "tags", element: "a", stamp: 9 })
  expect(folded(base, removal).record).toEqual({ props: { k: "v" }, tags: ["b"] })
  const added = edit({ field: "tags", element: "a", value: 1 }, person + 1)
  expect(folded(base, removal, added).record).toMatchObject({ tags: ["a", "b"] })
  const write = edit({ field: "props", element: "k", value: "w" }, person + 1)
  expect(folded(base, edit({ field: "props", element: "k" }), write).record).toMatchObject({ props: { k: "w" } })
  expect(folded(base, edit({ field: "props", element: "__proto__", value: 1 })).canonical).toContain('"__proto__":1')
})

test("M10 a removal hides an element only in the creations that it names", () => {
  const removal = edit({ field: "tags", element: "a", tags: ["n1"] })
  const seen = create("n1", { tags: { a: 1 } })
  const unseen = create("n2", { tags: { a: 1 } }, person + 1)
  expect(folded(seen, removal).record).toEqual({ tags: [] })
  expect(folded(seen, unseen, removal).record).toEqual({ tags: ["a"] })
  const both = edit({ field: "tags", element: "a", tags: ["n1", "n2"] })
  expect(folded(seen, unseen, both).record).toEqual({ tags: [] })
})

test("M10 writes of one map element that did not see each other are listed", () => {
  const base = create("n1", { props: {} })
  const a = edit({ field: "props", element: "k", value: "a" })
  const b = edit({ field: "props", element: "k", value: "b" }, person + 1)
  expect(concurrentEdits(folded(base, a, b))).toMatchObject([{ field: "props", element: "k" }])
})

test("M11 a list's elements move and change apart from each other", () => {
  const base = create("n1", { steps: { x: [["a", "run", "0"], "X"], y: [["b", "run", "0"], "Y"] } })
  expect(folded(base).record).toEqual({ steps: ["X", "Y"] })
  const moved = edit({ field: "steps", element: "x", part: "position", value: ["c", "run", "0"] })
  const changed = edit({ field: "steps", element: "x", value: "X2" }, person + 1)
  expect(folded(base, moved, changed).record).toEqual({ steps: ["Y", "X2"] })
  expect(folded(base, edit({ field: "steps", element: "y" })).record).toEqual({ steps: ["X"] })
})

test("M11 positions are compared part by part, then by element, never as one text", () => {
  const at = (element: string, position: readonly string[]): readonly BagEntry[] => [
    edit({ field: "steps", element, part: "position", value: position }),
    edit({ field: "steps", element, value: element }),
  ]
  const record = folded(
    create("n1", {}),
    ...at("long key", ["ab", "0"]),
    ...at("short key", ["a", "z"]),
    ...at("inside", ["a", "z", "1"]),
    ...at("b", ["c"]),
    ...at("a", ["c"]),
  ).record
  expect(record).toEqual({ steps: ["short key", "inside", "long key", "a", "b"] })
})

test("M12 fields of a newer schema are read by the forms of their entries", () => {
  const base = create("n1", { unknown: { a: 1 }, plain: { a: 1 } })
  const record = folded(base, edit({ field: "unknown", element: "b", value: 2 })).record
  expect(record).toEqual({ plain: { a: 1 }, unknown: { a: 1, b: 2 } })
  const list = [
    edit({ field: "order", element: "x", value: "X" }),
    edit({ field: "order", element: "x", part: "position", value: ["b"] }),
    edit({ field: "order", element: "y", value: "Y" }),
    edit({ field: "order", element: "y", part: "position", value: ["a"] }),
  ]
  expect(folded(base, ...list).record).toMatchObject({ order: ["Y", "X"] })
})

test("M12 a write of a whole field replaces the elements that it saw", () => {
  const base = create("n1", { props: { old: 1 } })
  const whole = edit({ field: "props", stamp: 2, value: { new: 1 } })
  expect(folded(base, whole).record).toEqual({ props: { new: 1 } })
  const unseen = edit({ field: "props", element: "other", value: 1 }, person + 1)
  expect(folded(base, whole, unseen).record).toEqual({ props: { new: 1, other: 1 } })
  expect(folded(base, edit({ field: "props" })).record).toEqual({})
})

test.each([
  ["not JSON", '["r",'],
  ["not canonical", '["r", "n1",{}]'],
  ["no form of entry", '["r","n1"]'],
  ["a creation without fields", '["r","n1",5]'],
  ["a creation from a list", '["r","n1",[]]'],
  ["a creation from a date", '["r","n1",{"$d":5}]'],
  ["a stamp of zero", '["r","n1",0,"f",0,1]'],
  ["a stamp that is no count", '["r","n1",1.5,"f",0,1]'],
  ["a stamp beyond counting", '["r","n1",9007199254740993,"f",0,1]'],
  ["no tags", '["r",[],1,"f",0,1]'],
  ["tags of another kind", '["r",[5],1,"f",0,1]'],
  ["a field that is no text", '["r","n1",1,5,0,1]'],
  ["a place that is none", '["r","n1",1,"f",1,1]'],
  ["a place with another letter", '["r","n1",1,"f",["e","q"],1]'],
  ["seven items", '["r","n1",1,"f",0,1,2]'],
])("M13 an entry with %s is left out, and says why", (_, text) => {
  const strange = new BagEntry({ client: person }, 5, text)
  const { record } = folded(create("n1", { f: 1 }), strange)
  expect(record).toEqual({ f: 1 })
  expect(strange.problem).toEqual(expect.any(String))
})
