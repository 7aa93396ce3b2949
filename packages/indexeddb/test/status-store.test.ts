import { expect, test } from "vitest"
import { addKeys, firstKeyOutside, type StatusChanges, type StatusRow, type StatusState } from "../src/index.ts"
import { newFactory, openPlain, openStatus } from "./helpers.ts"

function row(id: string, state: StatusState, marks?: readonly string[]): StatusRow {
  const base = { collection: "c", id, state, touchedSeq: state === "waiting" ? null : 1, targets: {}, updatedAtMs: 1 }
  return marks === undefined ? base : { ...base, marks }
}

function changes(rows: readonly StatusRow[], more: Partial<StatusChanges> = {}): StatusChanges {
  const position = { incarnation: "i", reflected: [[0, 5]] as const, seq: 1, generation: 1, floors: {}, bases: {} }
  return { rows, removed: [], position, marksOf: () => [], ...more }
}

test("I7 status is kept by collection and id, found by state, and loaded but for what is settled", async () => {
  const factory = newFactory()
  const store = openStatus(factory)
  expect(await store.load()).toEqual({ position: undefined, open: [] })
  await store.write(
    changes([row("a", "accepted"), row("p", "pending"), row("w", "waiting", ["m"]), row("d", "durable")]),
  )
  expect(await store.get("c", "a")).toEqual(row("a", "accepted"))
  expect((await store.inState("pending", 10)).map(({ id }) => id)).toEqual(["p"])
  expect(await store.count("accepted")).toBe(1)
  const snapshot = await store.load()
  expect(snapshot.open.map(({ id }) => id).sort()).toEqual(["p", "w"])
  expect(snapshot.position).toMatchObject({ reflected: [[0, 5]], seq: 1 })
  const database = await openPlain(factory, "millrace:w")
  const plain = database.transaction("$status").objectStore("$status")
  expect(plain.keyPath).toEqual(["collection", "id"])
  expect([...plain.indexNames]).toEqual(["byState"])
  database.close()
  await store.write(changes([], { removed: [["c", "a"]] }))
  expect(await store.get("c", "a")).toBeUndefined()
})

test("I7 the position moves with the last rows that it stands for, never before", async () => {
  const store = openStatus(newFactory())
  const rows = Array.from({ length: 2_500 }, (_, i) => row(`r${i}`, "pending"))
  const broken: StatusRow = { ...row("bad", "pending"), targets: { t: (() => {}) as never } }
  await expect(store.write(changes([...rows, broken]))).rejects.toMatchObject({ kind: "storage" })
  expect((await store.load()).position).toBeUndefined()
  expect(await store.count("pending")).toBe(2_000)
  await store.write(changes(rows))
  expect((await store.load()).position?.reflected).toEqual([[0, 5]])
  expect(await store.count("pending")).toBe(2_500)
})

test("I8 a row waits for as long as any tab's edit of it does", async () => {
  const factory = newFactory()
  const left = openStatus(factory)
  const right = openStatus(factory)
  const own = (mark: string) => ({ marksOf: () => [mark] })
  await left.write(changes([row("x", "waiting", ["left"])], own("left")))
  await right.write(changes([row("x", "accepted")], own("right")))
  expect(await left.get("c", "x")).toMatchObject({ state: "waiting", touchedSeq: null, marks: ["left"] })
  await right.write(changes([row("x", "waiting", ["right"])], own("right")))
  await left.write(changes([row("x", "accepted")], own("left")))
  expect(await left.get("c", "x")).toMatchObject({ state: "waiting", marks: ["right"] })
  await left.write(changes([], { ...own("left"), removed: [["c", "x"]] }))
  expect(await left.get("c", "x")).toMatchObject({ state: "waiting", marks: ["right"] })
  await right.write(changes([row("x", "accepted")], own("right")))
  expect(await left.get("c", "x")).toEqual(row("x", "accepted"))
})

test("I10 positions of two tabs unite, and those of another life or generation do not", async () => {
  const store = openStatus(newFactory())
  const at = (position: Partial<StatusChanges["position"]>) => {
    const whole = changes([])
    return { ...whole, position: { ...whole.position, ...position } }
  }
  await store.write(
    at({
      reflected: [
        [0, 3],
        [7, 7],
      ],
      seq: 9,
      floors: { a: 5, b: 1 },
    }),
  )
  await store.write(at({ reflected: [[5, 6]], seq: 4, floors: { a: 2, c: 3 } }))
  expect((await store.load()).position).toMatchObject({
    reflected: [
      [0, 3],
      [5, 7],
    ],
    seq: 9,
    floors: { a: 5, b: 1, c: 3 },
  })
  await store.write(at({ incarnation: "next", reflected: [[0, 1]], seq: 10 }))
  expect((await store.load()).position).toMatchObject({ reflected: [[0, 1]], seq: 10, floors: { a: 5 } })
  await store.write(at({ incarnation: "next", reflected: [[0, 1]], seq: 2, generation: 2 }))
  expect((await store.load()).position).toMatchObject({ seq: 2, generation: 2, floors: {} })
})

test("I10 key ranges join where they touch, and name the first key outside", () => {
  expect(addKeys([[5, 6]], [[0, 3]])).toEqual([
    [0, 3],
    [5, 6],
  ])
  expect(
    addKeys(
      [
        [0, 3],
        [5, 6],
      ],
      [[4, 4]],
    ),
  ).toEqual([[0, 6]])
  expect(addKeys([[0, 9]], [[2, 3]])).toEqual([[0, 9]])
  expect(
    firstKeyOutside(
      [
        [0, 3],
        [5, 6],
      ],
      [1, 2, 4, 5, 9],
    ),
  ).toBe(4)
  expect(firstKeyOutside([[0, 9]], [1, 2])).toBeUndefined()
  expect(firstKeyOutside([], [])).toBeUndefined()
})

test("I6 a status store whose connection was lost opens again, and refuses after close", async () => {
  const factory = newFactory()
  const store = openStatus(factory)
  await store.write(changes([row("a", "pending")]))
  await new Promise<void>((resolve) => {
    factory.deleteDatabase("millrace:w").onsuccess = () => resolve()
  })
  await store.write(changes([row("b", "pending")]))
  expect(await store.count("pending")).toBe(1)
  store.close()
  await expect(store.load()).rejects.toMatchObject({ kind: "storage", fault: "closed" })
})
