import { expect, test } from "vitest"
import { kinds, mix, sendTo } from "./support/kinds.ts"
import { exchange, replica, send } from "./support/replica.ts"

// The cases that surprise in other layouts, by name; "||" = neither had seen the other.
const three = () => [replica(100_001), replica(100_002), replica(100_003)] as const

test("M38 create || create unites the fields, and lists the value that lost", () => {
  const [a, b] = three()
  a.things.put("x", { f: 1, g: 1 })
  b.things.put("x", { g: 2, h: 2 })
  exchange(a, b)
  expect(a.things.get("x")).toEqual({ f: 1, g: 2, h: 2 })
  expect(a.things.concurrent("x")).toMatchObject([{ field: "g", candidates: [{ value: 2 }, { value: 1 }] }])
})

test("M38 delete || edit deletes, and lists the edit", () => {
  const [a, b] = three()
  a.things.put("x", { f: 1, g: 1 })
  exchange(a, b)
  a.things.delete("x")
  b.things.update("x", { f: 2 })
  exchange(a, b)
  for (const { things } of [a, b]) {
    expect(things.get("x")).toBeUndefined()
    expect(things.editsAfterDelete("x")).toMatchObject([{ field: "f", value: 2 }])
  }
})

test("M38 delete and create again || stale edit keeps what was created, and lists the edit", () => {
  const [a, b] = three()
  a.things.put("x", { f: 1 })
  exchange(a, b)
  a.things.delete("x")
  a.things.put("x", { f: 9 })
  b.things.update("x", { f: "stale" })
  exchange(a, b)
  expect(b.things.get("x")).toEqual({ f: 9 })
  expect(a.things.editsAfterDelete("x")).toMatchObject([{ value: "stale" }])
})

test("M38 delete, create again, edit || stale edit keeps the newer edit, and lists the stale one", () => {
  const [a, b] = three()
  a.things.put("x", { f: 1 })
  exchange(a, b)
  a.things.delete("x")
  a.things.put("x", { f: 9 })
  a.things.update("x", { f: 10 })
  b.things.update("x", { f: "stale" })
  exchange(a, b)
  expect(b.things.get("x")).toEqual({ f: 10 })
  expect(a.things.editsAfterDelete("x")).toMatchObject([{ value: "stale" }])
})

test("M38 create || create, and a delete that saw only one: the other survives, whichever it was", () => {
  for (const sees of [0, 1]) {
    const [a, b, c] = three()
    a.things.put("x", { f: "a" })
    b.things.put("x", { f: "b" })
    send(sees === 0 ? a : b, c)
    c.things.delete("x")
    exchange(a, b, c)
    expect(c.things.get("x")).toEqual({ f: sees === 0 ? "b" : "a" })
  }
})

test("M38 edit || edit, and a delete that saw only one: the other is listed, whichever it was", () => {
  for (const sees of [0, 1]) {
    const [a, b, c] = three()
    a.things.put("x", { f: 0 })
    exchange(a, b, c)
    a.things.update("x", { f: "a" })
    b.things.update("x", { f: "b" })
    send(sees === 0 ? a : b, c)
    c.things.delete("x")
    exchange(a, b, c)
    expect(a.things.get("x")).toBeUndefined()
    expect(a.things.editsAfterDelete("x")).toMatchObject([{ value: sees === 0 ? "b" : "a" }])
  }
})

test("M38 remove a field || edit it: one is in force, the other listed, until the next write", () => {
  const [a, b] = three()
  a.things.put("x", { f: 1 })
  exchange(a, b)
  a.things.removeField("x", "f")
  b.things.update("x", { f: 2 })
  exchange(a, b)
  expect(a.things.get("x")).toEqual({ f: 2 })
  expect(a.things.concurrent("x")).toMatchObject([{ candidates: [{ value: 2 }, { value: undefined }] }])
  b.things.update("x", { f: 3 })
  exchange(a, b)
  expect(a.things.concurrent("x")).toEqual([])
})

test("M38 a stale replica that wrote nothing comes back after delete and create again: nothing comes back with it", () => {
  const [a, b] = three()
  a.things.put("x", { f: 1 })
  exchange(a, b)
  a.things.delete("x")
  a.things.put("x", { f: 9 })
  exchange(a, b)
  expect(a.things.get("x")).toEqual({ f: 9 })
  expect(a.things.editsAfterDelete("x")).toEqual([])
})

test("M38 an edit by one who saw two creations stays in force when a third arrives", () => {
  const [a, b, c] = three()
  a.things.put("x", { f: 1 })
  b.things.put("x", { f: 2 })
  c.things.put("x", { f: 3 })
  exchange(a, b)
  a.things.update("x", { f: 7 })
  exchange(a, b, c)
  expect(c.things.get("x")).toEqual({ f: 7 })
  expect(c.things.concurrent("x")).toMatchObject([{ candidates: [{ value: 7 }, { value: 3 }] }])
})

test("M39 a person's offline edit beats a write-back that had not seen it, however often that was repeated", () => {
  const [person] = three()
  const target = replica(17)
  person.things.put("x", { f: 1 })
  exchange(person, target)
  person.things.update("x", { f: "typed" })
  for (let round = 0; round < 5; round++) target.things.update("x", { f: `observed ${round}` })
  exchange(person, target)
  expect(target.things.get("x")).toEqual({ f: "typed" })
  expect(target.things.concurrent("x")).toMatchObject([{ candidates: [{ value: "typed" }, { value: "observed 4" }] }])
  target.things.update("x", { f: "observed after" })
  exchange(person, target)
  expect(person.things.get("x")).toEqual({ f: "observed after" })
})

const two = () => {
  const [a, b] = [kinds(100_001), kinds(100_002)]
  a.tasks.put("x", { title: "1", tags: ["e"], props: { k: "1" }, steps: ["s"], notes: "text" })
  sendTo(a, b)
  return [a, b] as const
}

test("M38 A removes an element and adds it again || B removes it: it is there", () => {
  const [a, b] = two()
  a.tasks.set("x", "tags").remove("e")
  a.tasks.set("x", "tags").add("e")
  b.tasks.set("x", "tags").remove("e")
  mix(a, b)
  expect(a.tasks.get("x")).toMatchObject({ tags: ["e"] })
})

test("M38 undo of a delete after another's concurrent edit: the record is back, with that edit", () => {
  const [a, b] = two()
  const undo = a.records.undo({ mergeWithinMs: 0 })
  a.tasks.delete("x")
  b.tasks.map("x", "props").set("g", "5")
  mix(a, b)
  undo.undo()
  mix(a, b)
  expect(b.tasks.get("x")).toMatchObject({ title: "1", props: { g: "5", k: "1" } })
})

test("M38 undo of one's own edit that another overwrote since: theirs stays", () => {
  const [a, b] = two()
  const undo = a.records.undo({ mergeWithinMs: 0 })
  a.tasks.map("x", "props").set("k", "mine")
  sendTo(a, b)
  b.tasks.map("x", "props").set("k", "theirs")
  mix(a, b)
  undo.undo()
  mix(a, b)
  expect(b.tasks.get("x")).toMatchObject({ props: { k: "theirs" } })
})

test("M38 create || create with elements and texts unites what can be united, and lists the rest", () => {
  const [a, b] = [kinds(100_001), kinds(100_002)]
  a.tasks.put("x", { tags: ["a"], props: { k: "a", l: "a" }, steps: ["a1", "a2"], notes: "a" })
  b.tasks.put("x", { tags: ["b"], props: { k: "b", m: "b" }, steps: ["b1", "b2"], notes: "b" })
  mix(a, b)
  const { tags, steps } = a.tasks.get("x") ?? {}
  expect(tags).toEqual(["a", "b"])
  expect(new Set([steps?.slice(0, 2).join(), steps?.slice(2).join()])).toEqual(new Set(["a1,a2", "b1,b2"]))
  expect(a.tasks.concurrent("x").map(({ field, element }) => [field, element])).toEqual([
    ["notes", null],
    ["props", "k"],
  ])
})

test("M38 delete and create again || stale edits of elements and typing: nothing of them shows, all is listed", () => {
  const [a, b] = two()
  a.tasks.delete("x")
  a.tasks.put("x", { tags: ["new"], props: {}, steps: [], notes: "new" })
  b.tasks.set("x", "tags").add("stale")
  b.tasks.map("x", "props").set("k", "stale")
  b.tasks.list("x", "steps").push("stale")
  b.type("x", 0, "stale ")
  mix(a, b)
  expect(b.tasks.get("x")).toEqual({ tags: ["new"], props: {}, steps: [], notes: "new" })
  expect(
    b.tasks
      .editsAfterDelete("x")
      .map(({ field }) => field)
      .sort(),
  ).toEqual(["notes", "props", "steps", "tags"])
})

test("M38 remove a field || write one of its elements: that element is there, the others gone", () => {
  const [a, b] = two()
  a.tasks.update("x", { props: undefined, tags: undefined, steps: undefined })
  b.tasks.map("x", "props").set("l", "2")
  mix(a, b)
  expect(a.tasks.get("x")).toEqual({ title: "1", props: { l: "2" }, notes: "text" })
})
