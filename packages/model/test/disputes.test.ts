import { expect, test } from "vitest"
import { kinds, mix, sendTo } from "./support/kinds.ts"

const disputed = () => {
  const [a, b] = [kinds(100_001), kinds(100_002)]
  a.tasks.put("t", { title: "0", tags: ["e"], props: { k: "0" }, steps: ["x", "y", "z"] })
  sendTo(a, b)
  for (const [{ tasks }, mine] of [
    [a, "a"],
    [b, "b"],
  ] as const) {
    tasks.update("t", { title: mine })
    tasks.map("t", "props").set("k", mine)
    tasks.list("t", "steps").set(1, mine)
    tasks.list("t", "steps").move(0, mine === "a" ? 1 : 2)
  }
  mix(a, b)
  return [a, b] as const
}

test("M73 disputes of any kind are settled as they stand", () => {
  const [a, b] = disputed()
  const before = b.tasks.canonical("t")
  expect(a.tasks.concurrent("t").map(({ field, part }) => [field, part])).toEqual([
    ["props", "value"],
    ["steps", "value"],
    ["steps", "position"],
    ["title", "value"],
  ])
  for (const field of ["title", "props", "steps"] as const) expect(a.tasks.settle("t", field)).toBe(true)
  mix(a, b)
  expect(b.tasks.concurrent("t")).toEqual([])
  expect(b.tasks.canonical("t")).toBe(before)
  expect(a.tasks.settle("t", "title")).toBe(false)
})

test("M73 a candidate that is chosen is in force, and its dispute over", () => {
  const [a, b] = disputed()
  for (const edit of a.tasks.concurrent("t")) {
    const loser = edit.candidates.at(-1)
    if (loser !== undefined) a.tasks.choose("t", edit, loser)
  }
  mix(a, b)
  expect(b.tasks.concurrent("t")).toEqual([])
  expect(b.tasks.get("t")).toEqual({ title: "a", tags: ["e"], props: { k: "a" }, steps: ["a", "x", "z"] })
})

test("M73 whether a field is there at all can be disputed and settled, and its elements stay", () => {
  const [a, b] = [kinds(100_001), kinds(100_002)]
  a.tasks.put("t", {})
  sendTo(a, b)
  a.tasks.set("t", "tags").add("a")
  a.tasks.update("t", { tags: undefined })
  b.tasks.set("t", "tags").add("b")
  mix(a, b)
  expect(a.tasks.get("t")).toEqual({ tags: ["b"] })
  a.tasks.settle("t", "tags")
  mix(a, b)
  expect([b.tasks.get("t"), b.tasks.concurrent("t")]).toEqual([{ tags: ["b"] }, []])
})

const orphaned = () => {
  const [a, b] = [kinds(100_001), kinds(100_002)]
  a.tasks.put("t", { title: "0", tags: ["e"], props: { k: "0" }, steps: ["x", "y"], notes: "hello" })
  a.type("t", 5, "!")
  sendTo(a, b)
  a.tasks.delete("t")
  b.tasks.update("t", { title: "b" })
  b.tasks.set("t", "tags").add("new")
  b.tasks.map("t", "props").set("k", "b")
  b.tasks.list("t", "steps").set(0, "x2")
  b.tasks.list("t", "steps").move(0, 1)
  b.type("t", 0, "typed")
  mix(a, b)
  return [a, b] as const
}

test("M74 edits after a delete are restored in one call, as a record of what they say", () => {
  const [a, b] = orphaned()
  expect(a.tasks.get("t")).toBeUndefined()
  expect(a.tasks.editsAfterDelete("t")).toHaveLength(6)
  expect(a.tasks.restoreEditsAfterDelete("t")).toBe(true)
  expect(a.tasks.restoreEditsAfterDelete("t")).toBe(false)
  mix(a, b)
  expect(b.tasks.get("t")).toEqual({ title: "b", tags: ["new"], props: { k: "b" }, steps: ["x2"], notes: "typed" })
  expect(b.tasks.editsAfterDelete("t")).toEqual([])
})

test("M74 on a record that was made anew they are writes like others", () => {
  const [a, b] = orphaned()
  a.tasks.put("t", { title: "anew", tags: ["mine"], props: { l: "1" }, steps: ["p"] })
  expect(a.tasks.editsAfterDelete("t")).toHaveLength(6)
  a.tasks.restoreEditsAfterDelete("t")
  mix(a, b)
  expect(b.tasks.get("t")).toMatchObject({
    title: "b",
    tags: ["mine", "new"],
    props: { k: "b", l: "1" },
    notes: "typed",
  })
  expect(new Set(b.tasks.get("t")?.steps)).toEqual(new Set(["p", "x2"]))
  expect(b.tasks.editsAfterDelete("t")).toEqual([])
})

test("M74 those chosen are restored or discarded, the others stay listed", () => {
  const [a, b] = orphaned()
  const all = a.tasks.editsAfterDelete("t")
  const of = (field: string) => all.filter((edit) => edit.field === field)
  expect(a.tasks.discardEditsAfterDelete("t", of("props"))).toBe(true)
  expect(a.tasks.restoreEditsAfterDelete("t", [...of("title"), ...of("notes")])).toBe(true)
  mix(a, b)
  expect(b.tasks.get("t")).toEqual({ title: "b", notes: "typed" })
  expect(new Set(b.tasks.editsAfterDelete("t").map(({ field }) => field))).toEqual(new Set(["tags", "steps"]))
  b.tasks.discardEditsAfterDelete("t")
  expect(b.tasks.editsAfterDelete("t")).toEqual([])
})
