import { expect, test } from "vitest"
import * as Y from "yjs"
import {
  compareKeys,
  defineSchema,
  isKey,
  type Key,
  keysOf,
  openRecords,
  type PlainRecord,
  type Query,
  value,
} from "../src/index.ts"
import { SortedList } from "../src/sorted-list.ts"
import { kinds, type KindsReplica, mix } from "./support/kinds.ts"
import { baseSeed, Seeded } from "./support/seeded.ts"
import { anyValue } from "./support/subject.ts"

test("M80 keys are what IndexedDB takes, in its order", () => {
  const ordered: readonly Key[] = [
    Number.NEGATIVE_INFINITY,
    -1,
    0,
    1.5,
    new Date(-1),
    new Date(5),
    "",
    "a",
    "b",
    new Uint8Array(),
    new Uint8Array([1]),
    new Uint8Array([1, 0]),
    [],
    [1],
    [1, "a"],
    ["a"],
    [[]],
  ]
  const random = new Seeded(baseSeed())
  expect([...random.shuffle(ordered)].sort(compareKeys)).toEqual(ordered)
  for (const bad of [null, undefined, true, NaN, 5n, {}, [null], new Date(NaN)]) expect(isKey(bad)).toBe(false)
  expect(keysOf({ a: 1, b: "x" }, ["a", "b"], false)).toEqual([[1, "x"]])
  expect(keysOf({ a: 1, b: null }, ["a", "b"], false)).toEqual([])
  expect(keysOf({ a: ["x", null, "y", "x"] }, ["a"], true)).toEqual(["x", "y"])
  expect(keysOf({ a: "x" }, ["a"], true)).toEqual(["x"])
})

test("M80 a sorted list holds what a sorted array does", () => {
  const random = new Seeded(baseSeed())
  const list = new SortedList<number>((a, b) => a - b)
  list.replaceAll(Array.from({ length: 3000 }, (_, at) => at * 2))
  const numbers = new Set(Array.from({ length: 3000 }, (_, at) => at * 2))
  for (let step = 0; step < 5000; step++) {
    const number = random.below(6000)
    if (random.float() < 0.5) expect(list.add(number)).toBe(!numbers.has(number) && numbers.add(number).has(number))
    else expect(list.delete(number)).toBe(numbers.delete(number))
  }
  const sorted = [...numbers].sort((a, b) => a - b)
  expect([...list.from()]).toEqual(sorted)
  expect([...list.backFrom()]).toEqual([...sorted].reverse())
  expect(list.size).toBe(sorted.length)
  expect([...list.from((each) => each >= 3001)]).toEqual(sorted.filter((each) => each >= 3001))
  expect([...list.backFrom((each) => each <= 2999)]).toEqual(sorted.filter((each) => each <= 2999).reverse())
  const empty = new SortedList<number>((a, b) => a - b)
  expect([empty.delete(1), [...empty.from()], [...empty.backFrom()], empty.add(1)]).toEqual([false, [], [], true])
})

type TaskQuery = Query<NonNullable<ReturnType<KindsReplica["tasks"]["get"]>>>

const queries: readonly (readonly [string, TaskQuery])[] = [
  ["all", {}],
  ["where a field is", { where: { title: "t3" } }],
  ["where a function says", { where: ({ tags }, id) => (tags?.includes("b") ?? false) || id === "r1" }],
  ["ordered", { orderBy: "title", limit: 4 }],
  ["ordered by two, descending", { orderBy: ["parent", "title"], descending: true, limit: 3 }],
  ["a range", { index: "byTitle", range: { lower: "t2", upper: "t5", upperOpen: true } }],
  ["a range, descending", { index: "byTitle", range: { lower: "t2", lowerOpen: true }, descending: true, limit: 2 }],
  ["many keys a record", { index: "byTag", range: { lower: "b" }, limit: 5 }],
  ["a compound index", { index: "byParentAndTitle", range: { lower: ["r1"], upper: ["r2", "t9"] } }],
  ["nothing", { limit: 0 }],
]

test.each(queries)("M81 a live query says what a new one would, whatever happens: %s", (_, query) => {
  const random = new Seeded(baseSeed())
  const [a, b] = [kinds(100_001), kinds(100_002)]
  const live = a.tasks.query(query)
  const dormant = a.tasks.query(query)
  let rows = live.rows
  live.subscribe(() => void (rows = live.rows))
  for (let step = 0; step < 250; step++) {
    const replica = random.pick([a, a, b])
    change(replica, random)
    if (random.float() < 0.2) mix(a, b)
    expect(rows).toEqual(freshly(a, query))
    expect(live.rows).toBe(rows)
    if (random.float() < 0.1) expect(dormant.rows).toEqual(rows)
  }
})

function change({ tasks, records }: KindsReplica, random: Seeded): void {
  records.transact(() => {
    for (let each = random.below(3); each >= 0; each--) {
      const id = `r${random.below(8)}`
      const choice = random.float()
      const title = `t${random.below(7)}`
      if (!tasks.has(id)) tasks.put(id, { title, tags: ["a"], parent: `r${random.below(3)}` })
      else if (choice < 0.2) tasks.delete(id)
      else if (choice < 0.5) tasks.update(id, { title: choice < 0.3 ? undefined : title })
      else if (choice < 0.7) tasks.set(id, "tags").add(random.pick(["a", "b", "c"]))
      else if (choice < 0.8) tasks.set(id, "tags").remove(random.pick(["a", "b", "c"]))
      else tasks.update(id, { parent: `r${random.below(3)}` })
    }
  })
}

/** The same by sorting and filtering everything. */
function freshly({ tasks }: KindsReplica, query: TaskQuery): unknown {
  const { where, index, range = {}, orderBy, descending = false, limit = Number.POSITIVE_INFINITY } = query
  const on = { byTitle: ["title"], byTag: ["tags"], byParentAndTitle: ["parent", "title"] }[index ?? ""] ?? []
  const found = [...tasks.all()].flatMap(([id, record]) => {
    const keys = keysOf(record as PlainRecord, on, index === "byTag").filter(
      (key) =>
        (range.lower === undefined || compareKeys(key, range.lower) >= (range.lowerOpen === true ? 1 : 0)) &&
        (range.upper === undefined || compareKeys(key, range.upper) <= (range.upperOpen === true ? -1 : 0)),
    )
    if (index !== undefined && keys.length === 0) return []
    if (typeof where === "function" && !where(record, id)) return []
    if (typeof where === "object" && where.title !== record.title) return []
    const sorted = [...keys].sort(compareKeys)
    const fields = orderBy === undefined ? [] : [orderBy].flat()
    const order = fields.length > 0 ? fields.map((field) => record[field]) : [descending ? sorted.at(-1) : sorted[0]]
    return [{ id, record, order }]
  })
  found.sort((a, b) => {
    const sign = descending ? -1 : 1
    for (const [at, left] of a.order.entries()) {
      const right = b.order[at]
      if (left === undefined || right === undefined) {
        if (left !== right) return left === undefined ? 1 : -1
      } else if (compareKeys(left as Key, right as Key) !== 0) return sign * compareKeys(left as Key, right as Key)
    }
    return sign * (a.id < b.id ? -1 : 1)
  })
  return found.slice(0, limit).map(({ id, record }) => ({ id, record }))
}

test("M82 an unchanged result is the same array, unchanged rows the same objects, and nobody is told", () => {
  const { tasks, records } = kinds(100_000)
  for (const each of ["a", "b", "c"]) tasks.put(each, { title: each })
  const query = tasks.query({
    where: ({ title }) => typeof title === "string" && title < "y",
    orderBy: "title",
    limit: 2,
  })
  let told = 0
  const stop = query.subscribe(() => void told++)
  const { rows } = query
  expect(rows.map(({ id }) => id)).toEqual(["a", "b"])
  expect(Object.isFrozen(rows)).toBe(true)
  tasks.put("d", { title: "d" })
  tasks.put("z", { title: "z" })
  tasks.update("c", { props: { k: "1" } })
  tasks.settle("a", "title")
  expect([told, query.rows === rows, query.total]).toEqual([0, true, 4])
  tasks.update("b", { title: "b2" })
  expect(told).toBe(1)
  expect(query.rows[0]).toBe(rows[0])
  expect(query.rows[1]).toEqual({ id: "b", record: { title: "b2" } })
  records.transact(() => {
    tasks.update("b", { title: "zz" })
    expect(query.rows.map(({ id }) => id)).toEqual(["a", "c"])
    tasks.update("b", { title: "b2" })
  })
  stop()
  stop()
  const dormant = query.rows
  tasks.put("e", { title: "e" })
  expect(query.rows).toBe(dormant)
  tasks.delete("a")
  expect(query.rows.map(({ id }) => id)).toEqual(["b", "c"])
})

test("M82 a listener or predicate that throws keeps nothing from being counted", () => {
  const { tasks } = kinds(100_000)
  const query = tasks.query({ orderBy: "title" })
  query.subscribe(() => {
    throw new Error("a listener")
  })
  let heard = 0
  query.subscribe(() => void heard++)
  expect(() => tasks.put("a", { title: "a" })).toThrow("a listener")
  expect(heard).toBe(1)
  expect(query.rows).toHaveLength(1)
  expect(() => tasks.query({ index: "never" })).toThrow(expect.objectContaining({ kind: "unsupported" }))
})

test("M83 a change costs a query the reading of what changed, whatever the number of records", () => {
  let read = 0
  const schema = defineSchema({
    version: 1,
    collections: { rows: { fields: { n: value(anyValue) }, indexes: { byN: { on: "n" } } } },
  })
  const records = openRecords(new Y.Doc(), schema)
  const rows = records.collection("rows")
  records.transact(() => {
    for (let at = 0; at < 5000; at++) rows.put(`r${at}`, { n: String(at).padStart(5, "0") })
  })
  const where = (): boolean => ++read > 0
  const query = rows.query({ where, orderBy: "n", limit: 10 })
  const ranged = rows.query({ where, index: "byN", range: { lower: "04990" }, limit: 10 })
  query.subscribe(() => {})
  ranged.subscribe(() => {})
  expect(read).toBe(5000 + 10)
  read = 0
  for (let at = 0; at < 50; at++) rows.update(`r${at * 7}`, { n: `x${at}` })
  expect(read).toBeLessThanOrEqual(100)
  expect(query.rows).toHaveLength(10)
  expect(ranged.rows[0]?.record.n).toBe("04990")
})

test("M84 records that share a key of an index are listed", () => {
  const [a, b] = [kinds(100_001), kinds(100_002)]
  a.tasks.put("p", {})
  a.tasks.put("x", { parent: "p", title: "same" })
  b.tasks.put("y", { parent: "p", title: "same" })
  expect(a.tasks.duplicates("byParentAndTitle")).toEqual([])
  mix(a, b)
  expect(b.tasks.duplicates("byParentAndTitle")).toEqual([{ key: ["p", "same"], ids: ["x", "y"] }])
  b.tasks.update("y", { title: "other" })
  expect(b.tasks.duplicates("byParentAndTitle")).toEqual([])
})
