import { expect, test } from "vitest"
import * as Y from "yjs"
import { defineSchema, openRecords, parseCanonical, set, value } from "../src/index.ts"
import { comparePositions, positionBetween } from "../src/position.ts"
import { kinds, type KindsReplica, mix, sendTo } from "./support/kinds.ts"
import { docOf } from "./support/replica.ts"
import { baseSeed, Seeded } from "./support/seeded.ts"
import { anyValue, unchecked } from "./support/subject.ts"

const two = (): readonly [KindsReplica, KindsReplica] => {
  const [a, b] = [kinds(100_001), kinds(100_002)]
  a.tasks.put("t", { tags: ["b", "a"], props: { k: "1" }, steps: ["x", "y", "z"] })
  sendTo(a, b)
  return [a, b]
}

test("M60 sets, maps and lists are written element by element, and what is so already costs no entry", () => {
  const [a] = two()
  const { tasks, entries } = a
  expect(tasks.get("t")).toEqual({ tags: ["a", "b"], props: { k: "1" }, steps: ["x", "y", "z"] })
  expect(tasks.set("t", "tags").add("a", "b")).toBe(false)
  expect(tasks.set("t", "tags").remove("never")).toBe(false)
  expect(tasks.map("t", "props").set("k", "1")).toBe(false)
  expect(tasks.map("t", "props").remove("never")).toBe(false)
  expect(tasks.list("t", "steps").move(1, 1)).toBe(false)
  expect(tasks.list("t", "steps").remove(7)).toBe(false)
  expect(entries()).toHaveLength(1)
  expect(tasks.set("t", "tags").add("c")).toBe(true)
  expect(tasks.set("t", "tags").remove("c")).toBe(true)
  expect(entries()).toHaveLength(1)
  expect(tasks.map("t", "props").set("k", "2")).toBe(true)
  expect(tasks.map("t", "props").set("k", "3")).toBe(true)
  expect(entries()).toHaveLength(2)
  expect(tasks.map("t", "props").get("k")).toBe("3")
  expect(tasks.set("t", "tags").has("a")).toBe(true)
  expect(() => tasks.list("t", "steps").set(9, "q")).toThrow(expect.objectContaining({ kind: "not-found" }))
  expect(() => tasks.set("never", "tags").add("q")).toThrow(expect.objectContaining({ kind: "not-found" }))
  expect(() => tasks.set("t", unchecked<"tags">("title"))).toThrow('"tasks.title" is a value, not a set')
})

test("M60 a field that is missing comes into being with its first element, and stays when the last one goes", () => {
  const { tasks } = kinds(100_000)
  tasks.put("t", {})
  expect(tasks.get("t")).toEqual({})
  expect(tasks.set("t", "tags").remove("a")).toBe(false)
  tasks.set("t", "tags").add("a")
  tasks.list("t", "steps").push("x")
  tasks.set("t", "tags").remove("a")
  tasks.list("t", "steps").remove(0)
  expect(tasks.get("t")).toEqual({ tags: [], steps: [] })
  tasks.update("t", { tags: undefined, props: {} })
  expect(tasks.get("t")).toEqual({ steps: [], props: {} })
})

test("M60 elements are checked, and a refused one names its place", () => {
  const text = {
    "~standard": {
      version: 1 as const,
      vendor: "test",
      validate: (input: unknown) =>
        typeof input === "string" ? { value: input.trim() } : { issues: [{ message: "a text is wanted" }] },
    },
  }
  const schema = defineSchema({ version: 1, collections: { goods: { fields: { marks: set(text) } } } })
  const goods = openRecords(new Y.Doc(), schema).collection("goods")
  expect(() => goods.put("g", { marks: ["a", unchecked(5)] })).toThrow(
    'field "marks" is not valid: 1: a text is wanted',
  )
  expect(() => goods.put("g", unchecked({ marks: "a" }))).toThrow("an array is wanted")
  goods.put("g", { marks: [" b ", "a", "b"] })
  expect(goods.get("g")).toEqual({ marks: ["a", "b"] })
  expect(() => goods.set("g", "marks").add(unchecked(5))).toThrow("a text is wanted")
  expect(goods.set("g", "marks").add(" a ")).toBe(false)
})

test("M61 put writes the elements that differ; a list's stay, move, change and go", () => {
  const [{ tasks, entries }] = two()
  const keys = tasks.list("t", "steps").keys()
  tasks.put("t", { tags: ["a", "c"], props: { k: "1", l: "2" }, steps: ["x", "y", "z"] })
  expect(entries()).toHaveLength(4)
  tasks.update("t", { steps: ["x", "y2", "new", "z"] })
  expect(tasks.get("t")).toMatchObject({ steps: ["x", "y2", "new", "z"] })
  const after = tasks.list("t", "steps").keys()
  expect([after[0], after[1], after[3]]).toEqual(keys)
  tasks.update("t", { steps: ["z", "x", "y2", "new"] })
  expect(tasks.list("t", "steps").keys()).toEqual([after[3], ...after.slice(0, 3)])
  expect(tasks.update("t", { steps: ["z", "x", "y2", "new"] })).toBe(false)
  tasks.update("t", { steps: [] })
  expect(tasks.get("t")).toMatchObject({ steps: [] })
})

test("M61 whatever a list is made to say, it says, and so does its other replica", () => {
  const random = new Seeded(baseSeed())
  const [a, b] = two()
  for (let round = 0; round < 150; round++) {
    const { tasks } = random.pick([a, b])
    const now = [...(tasks.get("t")?.steps ?? [])]
    const wanted = random.shuffle(now.filter(() => random.float() < 0.8)).slice(0, 12)
    const mixed = random.float() < 0.5 ? wanted : now.filter(() => random.float() < 0.9)
    const next = mixed.flatMap((each) => (random.float() < 0.2 ? [each, `s${round}`, "same"] : [each]))
    tasks.update("t", { steps: next })
    expect(tasks.get("t")?.steps).toEqual(next)
    if (random.float() < 0.3) mix(a, b)
  }
  mix(a, b)
  expect(a.tasks.canonical("t")).toBe(b.tasks.canonical("t"))
})

test("M62 an element that is written elsewhere while it is removed survives, where it stood", () => {
  const [a, b] = two()
  a.tasks.set("t", "tags").remove("a")
  a.tasks.set("t", "tags").add("a")
  b.tasks.set("t", "tags").remove("a")
  a.tasks.map("t", "props").set("k", "2")
  b.tasks.map("t", "props").remove("k")
  a.tasks.list("t", "steps").move(2, 0)
  mix(a, b)
  a.tasks.list("t", "steps").set(0, "z2")
  b.tasks.list("t", "steps").remove(0)
  mix(a, b)
  expect(b.tasks.get("t")).toEqual({ tags: ["a", "b"], props: { k: "2" }, steps: ["z2", "x", "y"] })
  expect(b.tasks.concurrent("t")).toMatchObject([
    { field: "props", element: "k", candidates: [{ value: "2" }, { value: undefined }] },
    { field: "steps", part: "value", candidates: [{ value: "z2" }, { value: undefined }] },
    { field: "tags", element: "a", candidates: [{ value: 1 }, { value: undefined }] },
  ])
})

test("M62 a removal hides an element only in the creations that its writer saw", () => {
  const [a, b] = [kinds(100_001), kinds(100_002)]
  a.tasks.put("t", { tags: ["e"], props: { k: "a" } })
  b.tasks.put("t", { tags: ["e"], props: { k: "b" } })
  a.tasks.set("t", "tags").remove("e")
  a.tasks.update("t", { props: undefined })
  mix(a, b)
  expect(a.tasks.get("t")).toEqual({ tags: ["e"], props: { k: "b" } })
})

const placings: readonly (readonly [string, (replica: KindsReplica, values: readonly string[]) => void])[] = [
  ["at once", ({ tasks }, values) => void tasks.list("t", "steps").insert(1, ...values)],
  [
    "one by one",
    ({ tasks }, values) => values.forEach((each, at) => void tasks.list("t", "steps").insert(1 + at, each)),
  ],
  [
    "one by one backwards",
    ({ tasks }, values) => [...values].reverse().forEach((each) => void tasks.list("t", "steps").insert(1, each)),
  ],
]

test.each(placings)("M63 runs that two people insert at one place %s never mix", (_, insert) => {
  for (let round = 0; round < 50; round++) {
    const [a, b] = [kinds(200_000 + round), kinds(300_000 + round)]
    a.tasks.put("t", { steps: ["first", "last"] })
    sendTo(a, b)
    insert(a, ["a1", "a2", "a3", "a4", "a5"])
    insert(b, ["b1", "b2", "b3", "b4", "b5"])
    mix(a, b)
    const [as, bs] = [
      ["a1", "a2", "a3", "a4", "a5"],
      ["b1", "b2", "b3", "b4", "b5"],
    ]
    const all = [as, bs].map((run) => run.join()).sort()
    const steps = a.tasks.get("t")?.steps ?? []
    expect([steps.slice(1, 6).join(), steps.slice(6, 11).join()].sort()).toEqual(all)
    expect(a.tasks.canonical("t")).toBe(b.tasks.canonical("t"))
  }
})

test("M63 an insert inside another's run stays there, and a thousand inserts keep their names short", () => {
  const [a, b] = two()
  a.tasks.list("t", "steps").insert(1, "a1", "a2", "a3")
  sendTo(a, b)
  b.tasks.list("t", "steps").insert(2, "in1", "in2")
  a.tasks.list("t", "steps").insert(4, "a4")
  mix(a, b)
  expect(a.tasks.get("t")?.steps).toEqual(["x", "a1", "in1", "in2", "a2", "a3", "a4", "y", "z"])
  const list = a.tasks.list("t", "steps")
  a.records.transact(() => {
    for (let at = 0; at < 1000; at++) list.insert(5 + at, `n${at}`)
  })
  expect(list.values().slice(5, 1005)).toEqual(Array.from({ length: 1000 }, (_, at) => `n${at}`))
  expect(Math.max(...list.keys().map(({ length }) => length))).toBeLessThan(40)
})

test("M63 a position lies between any two, also those that other programs wrote", () => {
  const random = new Seeded(baseSeed())
  const positions = [["a0", "r", "a0"]] as string[][]
  for (let step = 0; step < 2000; step++) {
    const at = random.below(positions.length + 1)
    const between = positionBetween(positions[at - 1], positions[at], `r${step}`) as string[]
    positions.splice(at, 0, between)
  }
  expect([...positions].sort(comparePositions)).toEqual(positions)
  const foreign = docOf(
    [[100_005, '["t","n1",{"steps":{"p":[["?","/","!"],"P"],"q":[["?"],"Q"],"r":[[],"R"],"s":"S"}}]']],
    "tasks",
  )
  const { tasks } = kinds(100_000, foreign)
  const list = tasks.list("t", "steps")
  for (let at = list.values().length; at >= 0; at--) list.insert(at, `n${at}`)
  expect(list.values().filter((each) => String(each).startsWith("n"))).toHaveLength(5)
  expect(list.values()).toHaveLength(9)
})

test("M64 a move and a change of one element are both kept, and two moves leave it once", () => {
  const [a, b] = two()
  a.tasks.list("t", "steps").move(0, 2)
  b.tasks.list("t", "steps").set(0, "x2")
  mix(a, b)
  expect(a.tasks.get("t")?.steps).toEqual(["y", "z", "x2"])
  a.tasks.list("t", "steps").move(2, 0)
  b.tasks.list("t", "steps").move(2, 1)
  mix(a, b)
  expect(a.tasks.get("t")?.steps).toHaveLength(3)
  expect(new Set(a.tasks.get("t")?.steps)).toEqual(new Set(["x2", "y", "z"]))
  expect(a.tasks.concurrent("t")).toMatchObject([{ field: "steps", part: "position" }])
  expect(a.tasks.canonical("t")).toBe(b.tasks.canonical("t"))
})

test("M65 canonically a set is a sorted array, a map an object, a list an array; values alone are what they were", () => {
  const [a, b] = two()
  mix(a, b)
  expect(b.tasks.canonical("t")).toBe('{"props":{"k":"1"},"steps":["x","y","z"],"tags":["a","b"]}')
  expect(parseCanonical(b.tasks.canonical("t") ?? "")).toEqual(b.tasks.get("t"))
  a.tasks.put("u", { title: "only values" })
  expect(a.tasks.canonical("u")).toBe('{"title":"only values"}')
})

test("M65 what a field held as a value is read when it becomes a set or a list", () => {
  const before = defineSchema({
    version: 1,
    collections: { tasks: { fields: { tags: value(anyValue), steps: value(anyValue) } } },
  })
  const doc = new Y.Doc()
  const records = openRecords(doc, before)
  records.collection("tasks").put("t", { tags: unchecked(["b", "a"]), steps: unchecked(["x", "y"]) })
  records.collection("tasks").put("u", { tags: unchecked([]), steps: unchecked([]) })
  records.collection("tasks").update("u", { tags: unchecked(["c"]), steps: unchecked(["z"]) })
  records.destroy()
  const { tasks } = kinds(100_000, doc)
  expect(tasks.get("t")).toEqual({ tags: ["a", "b"], steps: ["x", "y"] })
  tasks.set("t", "tags").remove("a")
  tasks.list("t", "steps").insert(1, "between")
  expect(tasks.get("t")).toEqual({ tags: ["b"], steps: ["x", "between", "y"] })
  expect(tasks.get("u")).toEqual({ tags: ["c"], steps: ["z"] })
})
