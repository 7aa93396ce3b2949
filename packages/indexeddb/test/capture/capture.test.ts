import "fake-indexeddb/auto"
import { waitFor } from "@millrace/testkit"
import { Dexie } from "dexie"
import { IDBFactory } from "fake-indexeddb"
import { openDB } from "idb"
import { expect, test } from "vitest"
import { Capture, type CaptureEvent, type ChangeEvent, processTabs } from "../../src/index.ts"

/** What a listener is told, without what differs from run to run. */
const brief = (events: readonly ChangeEvent[]): readonly unknown[] =>
  events.map(({ op, store, local, ...rest }) => [
    op,
    store,
    ...("key" in rest ? [rest.key, rest.before, rest.after] : []),
    local,
  ])

test("I400 unmodified idb code works as before while its adds, puts, cursors, deletes and clears are told in order, with before and after", async () => {
  const engine = new IDBFactory()
  const capture = new Capture({ databases: ["app"], indexedDB: engine, tabs: processTabs(engine) })
  const heard: ChangeEvent[] = []
  capture.changes("app", (events) => void heard.push(...events))
  const browser = capture.factory()
  globalThis.indexedDB = browser
  const db = await openDB("app", 1, {
    upgrade(database) {
      database.createObjectStore("todos", { keyPath: "id", autoIncrement: true }).createIndex("by-title", "title")
      database.createObjectStore("kv")
    },
  })
  expect([...db.objectStoreNames]).toEqual(["kv", "todos"])
  const id = await db.add("todos", { title: "one" })
  await db.put("kv", { n: 1 }, "a")
  const tx = db.transaction(["todos", "kv"], "readwrite")
  expect([...tx.objectStoreNames]).toEqual(["kv", "todos"])
  await Promise.all([tx.objectStore("todos").put({ id, title: "two" }), tx.objectStore("kv").delete("a"), tx.done])
  const single = db.transaction("todos", "readwrite")
  expect(single.store).toBeDefined()
  for (let cursor = await single.store.index("by-title").openCursor(); cursor; cursor = await cursor.continue()) {
    await cursor.update({ ...cursor.value, title: "three" })
  }
  await single.done
  const aborted = db.transaction("todos", "readwrite")
  await aborted.store.clear()
  aborted.abort()
  await aborted.done.catch(() => {})
  await db.clear("todos")
  await waitFor(() => heard.length >= 6, { what: "the changes", detail: () => JSON.stringify(heard) })
  expect(brief(heard)).toEqual([
    ["add", "todos", 1, undefined, { id: 1, title: "one" }, true],
    ["add", "kv", "a", undefined, { n: 1 }, true],
    ["delete", "kv", "a", { n: 1 }, undefined, true],
    ["update", "todos", 1, { id: 1, title: "one" }, { id: 1, title: "two" }, true],
    ["update", "todos", 1, { id: 1, title: "two" }, { id: 1, title: "three" }, true],
    ["delete", "todos", 1, { id: 1, title: "three" }, undefined, true],
  ])
  db.close()
})

test("I401 unmodified Dexie code with the factory as its option upgrades, bulk-writes and deletes ranges, and all is told", async () => {
  const events: CaptureEvent[] = []
  const capture = new Capture({
    databases: ["friends"],
    indexedDB: new IDBFactory(),
    onEvent: (e) => void events.push(e),
  })
  const heard: ChangeEvent[] = []
  capture.changes("friends", (all) => void heard.push(...all))
  const dexie = (): Dexie => new Dexie("friends", { indexedDB: capture.factory(), IDBKeyRange })
  const first = dexie()
  first.version(1).stores({ friends: "++id, name", kv: "" })
  await first.table("friends").bulkAdd([{ name: "Ann" }, { name: "Bob" }])
  await first.table("kv").bulkPut([1, 2, 3], ["k1", "k2", "other"])
  await first.table("kv").where(":id").startsWith("k").delete()
  first.close()
  const second = dexie()
  second.version(1).stores({ friends: "++id, name", kv: "" })
  second
    .version(2)
    .stores({ friends: "++id, name, age" })
    .upgrade((tx) => tx.table("friends").toCollection().modify({ age: 1 }))
  expect(await second.table("friends").toArray()).toEqual([
    { id: 1, name: "Ann", age: 1 },
    { id: 2, name: "Bob", age: 1 },
  ])
  expect(second.tables.map(({ name }) => name).sort()).toEqual(["friends", "kv"])
  await waitFor(() => heard.length >= 9, {
    what: "the changes",
    detail: () => JSON.stringify([heard, events], (_, v: unknown) => (v instanceof Error ? String(v) : v)),
  })
  expect(brief(heard).map((each) => (each as unknown[]).slice(0, 3))).toEqual([
    ["add", "friends", 1],
    ["add", "friends", 2],
    ["add", "kv", "k1"],
    ["add", "kv", "k2"],
    ["add", "kv", "other"],
    ["delete", "kv", "k1"],
    ["delete", "kv", "k2"],
    ["update", "friends", 1],
    ["update", "friends", 2],
  ])
  second.close()
})
