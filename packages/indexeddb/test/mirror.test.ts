import { canonicalJson, type Schema } from "@millrace/model"
import { waitFor } from "@millrace/testkit"
import { expect, test } from "vitest"
import { type MirrorChange, type MirrorPosition, recordOfRow, rowOf, storesOf } from "../src/index.ts"
import { newFactory, openPlain } from "./helpers.ts"
import { any, current, databaseName, hearing, mirrored, openTab, recorded, resultOf } from "./mirror-stage.ts"

test("I20 records are rows under their collection's name, readable by key, range, cursor, count and every kind of index", async () => {
  const { records, mirror } = await openTab(newFactory())
  const people = records.collection("people")
  people.put("a", { name: "Ada", team: "red", age: 36, tags: ["x", "y"] })
  people.put("b", { name: "Bo", team: "red", age: 20, tags: ["y"] })
  people.put("c", { name: "Cy", team: "blue", age: 50, tags: [] })
  await mirror.settled()
  const database = await mirror.database()
  const store = (): IDBObjectStore => database.transaction("people").objectStore("people")
  expect(await resultOf(store().get("a"))).toEqual({ id: "a", name: "Ada", team: "red", age: 36, tags: ["x", "y"] })
  expect(await resultOf(store().getAllKeys(IDBKeyRange.lowerBound("b")))).toEqual(["b", "c"])
  expect(await resultOf(store().index("byName").getAllKeys(IDBKeyRange.bound("B", "D")))).toEqual(["b", "c"])
  const red = IDBKeyRange.bound(["red", 0], ["red", 99])
  expect(await resultOf(store().index("byTeamAndAge").getAllKeys(red))).toEqual(["b", "a"])
  expect(await resultOf(store().index("byTag").count("y"))).toBe(2)
  const last = await resultOf(store().index("byTeamAndAge").openCursor(null, "prev"))
  expect(last?.primaryKey).toBe("a")
  expect(await mirrored(mirror)).toEqual(recorded(records))
})

test("I20 what IndexedDB takes for no key is in no index, and never an error", async () => {
  const { records, mirror } = await openTab(newFactory())
  const people = records.collection("people")
  const values = [
    null,
    true,
    { a: 1 },
    Number.NaN,
    10n,
    ["x", null],
    undefined,
    "x",
    1,
    new Date(5),
    new Uint8Array([1]),
  ]
  values.forEach((name, at) => people.put(`p${at}`, name === undefined ? {} : { name, tags: [null, "t", true, "t"] }))
  await mirror.settled()
  const database = await mirror.database()
  const store = database.transaction("people").objectStore("people")
  expect(await resultOf(store.index("byName").getAllKeys())).toEqual(["p8", "p9", "p7", "p10"])
  expect(await resultOf(store.index("byTag").count())).toBe(10)
  expect(await mirrored(mirror)).toEqual(recorded(records))
})

test("I21 a row is the record's fields beside its id; a field called id, or with a $ first, gets a $ more", async () => {
  const { records, mirror } = await openTab(newFactory())
  const fields = JSON.parse('{"id":"mine","$id":2,"$":3,"__proto__":4,"constructor":5,"a b":6}') as Record<
    string,
    number
  >
  records.collection("unnamed in the schema").put("z", fields)
  expect(Object.keys(rowOf("r", fields)).sort()).toEqual(["$$", "$$id", "$id", "__proto__", "a b", "constructor", "id"])
  expect(canonicalJson(recordOfRow(rowOf("r", fields)))).toBe(canonicalJson(fields))
  records.collection("people").put("r", { id: "mine" })
  await mirror.settled()
  const database = await mirror.database()
  const row = await resultOf(database.transaction("people").objectStore("people").get("r"))
  expect(row).toEqual({ id: "r", $id: "mine" })
  expect([...database.objectStoreNames]).not.toContain("unnamed in the schema")
})

test("I21 an index on a field whose name is no key path is refused when the workspace is opened", () => {
  const bad = { version: 1, collections: { c: { fields: { "a b": any }, indexes: { i: { on: "a b" } } } } }
  expect(() => storesOf(bad)).toThrow(expect.objectContaining({ kind: "invalid" }))
})

test("I22 the application's connection reads; what would write throws advice, on that connection alone", async () => {
  const factory = newFactory()
  const { mirror } = await openTab(factory)
  const database = await mirror.database()
  expect(database).toBeInstanceOf(IDBDatabase)
  expect(await mirror.database()).toBe(database)
  for (const mode of ["readwrite", "versionchange", "readwriteflush"] as unknown as IDBTransactionMode[]) {
    expect(() => database.transaction("people", mode)).toThrow(/workspace\.collection/u)
  }
  expect(() => database.createObjectStore("x")).toThrow(expect.objectContaining({ kind: "unsupported" }))
  expect(() => database.deleteObjectStore("people")).toThrow(expect.objectContaining({ kind: "unsupported" }))
  expect(() => database.transaction("nowhere")).toThrow(expect.objectContaining({ name: "NotFoundError" }))
  expect(await resultOf(database.transaction(["people"], "readonly").objectStore("people").count())).toBe(0)
  const plain = await openPlain(factory, databaseName)
  await resultOf(plain.transaction("people", "readwrite").objectStore("people").put({ id: "x" }))
  plain.close()
})

test("I23 a batch is one transaction with the position that it stands for; only what is stored is shown", async () => {
  const factory = newFactory()
  const { records, mirror, store } = await openTab(factory)
  records.transact(() => {
    for (let at = 0; at < 50; at += 1) records.collection("people").put(`p${at}`, { age: at })
  })
  expect(await mirrored(mirror)).toMatchObject({ people: {} })
  const counts = new Set<number>()
  const database = await mirror.database()
  for (let isDone = false; !isDone;) {
    const transaction = database.transaction(["people", "$meta"])
    const count = await resultOf(transaction.objectStore("people").count())
    const position = (await resultOf(transaction.objectStore("$meta").get("mirror"))) as MirrorPosition
    counts.add(count)
    isDone = position.rebuild === null && count === 50 && position.reflected.length > 0
    if (isDone) {
      expect(position).toMatchObject({ incarnation: store.incarnation, generation: 1 })
      expect(position.reflected).toEqual([[0, store.highestKey]])
    }
  }
  expect([...counts].filter((count) => count !== 0 && count !== 50)).toEqual([])
})

test("I24 only records touched since are looked at after a restart, and the rows stand before anything is loaded", async () => {
  const factory = newFactory()
  const first = await openTab(factory)
  first.records.collection("people").put("a", { name: "Ada" })
  first.records.collection("people").put("b", { name: "Bo" })
  await first.mirror.settled()
  await first.mirror.close()
  // Stored, and never mirrored: as a crash between leaves it.
  first.records.collection("people").delete("a")
  first.records.collection("people").put("c", { name: "Cy" })
  await first.close()
  const second = await openTab(factory)
  const heard = hearing(second.mirror)
  await second.mirror.settled()
  expect(await mirrored(second.mirror)).toEqual(recorded(second.records))
  await waitFor(() => heard.length === 2, { what: "both changes" })
  heard.sort((one, other) => (one.op < other.op ? 1 : -1))
  expect(heard).toMatchObject([
    { op: "delete", id: "a", before: { name: "Ada" }, after: undefined },
    { op: "add", id: "c", before: undefined, after: { name: "Cy" } },
  ])
  expect(second.statuses.map(({ state }) => state)).not.toContain("building")
})

const later = (indexes: Readonly<Record<string, { readonly on: string }>>): Schema => ({
  version: 2,
  collections: {
    people: { fields: { name: any, age: any }, indexes },
    cities: { fields: { name: any } },
  },
})

test("I25 another schema rebuilds the stores with progress; rows stay readable meanwhile, and a crash is gone on from", async () => {
  const factory = newFactory()
  const first = await openTab(factory)
  first.records.transact(() => {
    for (let at = 0; at < 100; at += 1) first.records.collection("people").put(`p${at}`, { age: at, name: "n" })
  })
  await first.mirror.settled()
  // A row that is wrong: only a comparison finds it.
  const plain = await openPlain(factory, databaseName)
  await resultOf(plain.transaction("people", "readwrite").objectStore("people").put({ id: "p7", age: "wrong" }))
  await resultOf(plain.transaction("people", "readwrite").objectStore("people").put({ id: "stray" }))
  plain.close()
  await first.close()

  const options = { schema: later({ byAge: { on: "age" } }), limits: { rowsPerBatch: 10 } }
  const second = await openTab(factory, options)
  const database = await second.mirror.database()
  expect([...database.objectStoreNames].filter((name) => !name.startsWith("$"))).toEqual(["cities", "people"])
  expect([...database.transaction("people").objectStore("people").indexNames]).toEqual(["byAge"])
  expect(await resultOf(database.transaction("people").objectStore("people").count())).toBeGreaterThan(99)
  await waitFor(() => (second.mirror.status.progress?.done ?? 0) >= 40, { what: "some progress", everyMs: 1 })
  expect(second.mirror.status).toMatchObject({ state: "building", writes: true, progress: { total: 100 } })
  second.kill()

  const third = await openTab(factory, options)
  const heard = hearing(third.mirror)
  await current(third)
  await third.mirror.settled()
  expect(await mirrored(third.mirror)).toEqual(recorded(third.records))
  const done = third.statuses.flatMap(({ progress }) => progress?.done ?? [])
  expect(done[0]).toBeGreaterThan(40)
  await waitFor(() => heard.length > 0, { what: "the reset" })
  expect(heard.at(-1)).toMatchObject({ op: "reset", reason: "rebuilt" })
  await third.close()
  const fourth = await openTab(factory, options)
  await fourth.mirror.settled()
  expect(fourth.statuses.map(({ state }) => state)).not.toContain("building")
})

test("I26 changes come in commit order in every tab, each before the after of the last; a reader goes on by number", async () => {
  const factory = newFactory()
  const one = await openTab(factory)
  await current(one)
  const two = await openTab(factory)
  await current(two)
  const heardByOne = hearing(one.mirror)
  const heardByTwo = hearing(two.mirror)
  one.records.collection("people").put("a", { age: 1 })
  await one.mirror.settled()
  two.records.collection("people").put("b", { age: 1 })
  await two.mirror.settled()
  for (let age = 2; age < 6; age += 1) {
    one.records.collection("people").update("a", { age })
    await one.mirror.settled()
  }
  one.records.collection("people").delete("a")
  await one.mirror.settled()
  await waitFor(() => heardByOne.length === 7 && heardByTwo.length === 7, { what: "seven changes in both tabs" })
  expect(heardByTwo).toEqual(heardByOne)
  const numbers = heardByOne.map(({ number }) => number)
  expect(numbers).toEqual(numbers.map((_, at) => (numbers[0] ?? 0) + at))
  const ofA = heardByOne.filter((event) => event.op !== "reset" && event.id === "a") as MirrorChange[]
  expect(ofA.map(({ op }) => op)).toEqual(["add", "update", "update", "update", "update", "delete"])
  expect(ofA.map(({ before }) => before)).toEqual([undefined, ...ofA.slice(0, -1).map(({ after }) => after)])
  const again = hearing(two.mirror, numbers[2])
  await waitFor(() => again.length === 4, { what: "the rest" })
  expect(again).toEqual(heardByOne.slice(3))
})

test("I26 a reader that the journal has left behind is told to read again; so is everybody after a flood", async () => {
  const factory = newFactory()
  const tab = await openTab(factory, { limits: { journalEntries: 5, changedRecords: 20 } })
  await current(tab)
  const people = tab.records.collection("people")
  people.put("a", { age: 0 })
  await tab.mirror.settled()
  for (let age = 1; age < 10; age += 1) {
    people.update("a", { age })
    await tab.mirror.settled()
  }
  const late = hearing(tab.mirror, 2)
  await waitFor(() => late.length > 0, { what: "the reset" })
  expect(late).toMatchObject([{ op: "reset", reason: "behind" }])
  const stranger = hearing(tab.mirror, 1_000_000)
  await waitFor(() => stranger.length > 0, { what: "the reset of another life" })
  expect(stranger).toMatchObject([{ op: "reset", reason: "behind" }])
  const database = await tab.mirror.database()
  expect(await resultOf(database.transaction("$changes").objectStore("$changes").count())).toBe(5)
  const heard = hearing(tab.mirror)
  tab.records.transact(() => {
    for (let at = 0; at < 50; at += 1) people.put(`p${at}`, { age: at })
  })
  await tab.mirror.settled()
  await waitFor(() => heard.length > 0, { what: "the flood" })
  expect(heard).toMatchObject([{ op: "reset", reason: "rebuilt" }])
  expect(await mirrored(tab.mirror)).toEqual(recorded(tab.records))
})

test("I27 one tab writes; each tab's edits are in all tabs' reads once settled, without any network; another takes over", async () => {
  const factory = newFactory()
  const one = await openTab(factory)
  await current(one)
  const two = await openTab(factory)
  await current(two)
  expect([one, two].map(({ mirror }) => mirror.status.writes)).toEqual([true, false])
  two.records.collection("people").put("b", { name: "of two" })
  await two.mirror.settled()
  expect((await mirrored(one.mirror))["people"]).toEqual({ b: { name: "of two" } })
  expect((await mirrored(two.mirror))["people"]).toEqual({ b: { name: "of two" } })
  two.records.collection("people").put("c", { name: "unmirrored" })
  one.kill()
  await two.mirror.settled()
  expect(two.mirror.status.writes).toBe(true)
  expect(await mirrored(two.mirror)).toEqual(recorded(two.records))
  expect(two.statuses.map(({ state }) => state)).not.toContain("building")
})

test("I28 records that share the key of a unique index are listed, and nothing is refused", async () => {
  const { records, mirror } = await openTab(newFactory())
  const people = records.collection("people")
  people.put("a", { email: "x@y" })
  people.put("b", { email: "x@y" })
  people.put("c", { email: "z@y" })
  people.put("d", {})
  people.put("e", {})
  await mirror.settled()
  expect(await mirror.violations("people", "byEmail")).toEqual([
    { collection: "people", index: "byEmail", key: "x@y", ids: ["a", "b"] },
  ])
  people.update("b", { email: "b@y" })
  await mirror.settled()
  expect(await mirror.violations("people", "byEmail")).toEqual([])
})

test("I27 a tab that goes claims nothing that it has not written: another's edit is written by the next", async () => {
  const factory = newFactory()
  const one = await openTab(factory)
  await current(one)
  const two = await openTab(factory)
  await current(two)
  two.records.collection("people").put("b", { name: "of two" })
  const closing = one.mirror.close()
  await two.store.stored()
  await closing
  await one.close()
  await two.mirror.settled()
  expect(await mirrored(two.mirror)).toEqual(recorded(two.records))
})
