import { isDeepStrictEqual } from "node:util"
import { Capture, processTabs } from "@millrace/indexeddb"
import { waitFor } from "@millrace/testkit"
import { IDBFactory } from "fake-indexeddb"
import { type IDBPDatabase, wrap } from "idb"
import { expect, test } from "vitest"
import { type ShareEvent, shareDatabase, type SharedDatabase } from "../../src/index.ts"
import { online, type Stage, startStage, type TestWorkspace } from "../stage.ts"

interface Profile {
  readonly db: IDBPDatabase
  readonly shared: SharedDatabase
  readonly workspace: TestWorkspace
  readonly events: ShareEvent[]
  readonly engine: IDBFactory
}

type Upgrade = (database: IDBPDatabase) => void

const todos: Upgrade = (database) => void database.createObjectStore("todos", { keyPath: "id" })

/** A browser profile with an application that knows nothing of us. */
async function open(stage: Stage, upgrade: Upgrade = todos, engine: IDBFactory = new IDBFactory()): Promise<Profile> {
  const events: ShareEvent[] = []
  const capture = new Capture({ databases: ["app"], indexedDB: engine, tabs: processTabs(engine) })
  const workspace = stage.open({ browser: engine })
  const shared = shareDatabase({ capture, workspace, database: "app", onEvent: (event) => void events.push(event) })
  const request = capture.factory().open("app", 1)
  request.onupgradeneeded = () => upgrade(wrap(request.result))
  const db = await new Promise<IDBPDatabase>((resolve, reject) => {
    request.onsuccess = () => resolve(wrap(request.result))
    request.onerror = () => reject(request.error)
  })
  await online(workspace)
  await waitFor(() => shared.leads, { what: "the lock" })
  await shared.settled()
  return { db, shared, workspace, events, engine }
}

async function agree(store: string, ...profiles: readonly Profile[]): Promise<readonly unknown[]> {
  await Promise.all(profiles.map(({ shared }) => shared.settled()))
  let rows: readonly unknown[] = []
  await waitFor(
    async () => {
      const all = await Promise.all(profiles.map(({ db }) => db.getAll(store)))
      rows = all[0] ?? []
      return all.every((each) => isDeepStrictEqual(each, rows))
    },
    { what: "equal rows" },
  )
  return rows
}

const seen = (profile: Profile, id: string, part: object): Promise<unknown> =>
  waitFor(async () => expect.objectContaining(part).asymmetricMatch(await profile.db.get("todos", id)), {
    what: `row ${id} with ${JSON.stringify(part)}`,
  })

test("I410 concurrent edits of different fields of one row both survive, and a stale read-modify-write reverts nothing", async () => {
  const stage = await startStage()
  const [ann, bob] = [await open(stage), await open(stage)]
  await ann.db.put("todos", { id: "a", title: "one", done: false, n: 1 })
  await seen(bob, "a", { title: "one", n: 1 })
  await stage.down()
  const stale = await ann.db.get("todos", "a")
  await bob.db.put("todos", { id: "a", title: "of Bob", done: false, n: 1 })
  await ann.db.put("todos", { ...stale, done: true })
  await stage.up()
  await seen(ann, "a", { title: "of Bob", done: true })
  await seen(bob, "a", { title: "of Bob", done: true })
  // Ann's page still holds what it read long ago.
  await ann.db.put("todos", { ...stale, done: true, n: 2 })
  await seen(bob, "a", { n: 2 })
  expect(await agree("todos", ann, bob)).toEqual([{ id: "a", title: "of Bob", done: true, n: 2 }])
  await bob.db.delete("todos", "a")
  await waitFor(async () => (await ann.db.count("todos")) === 0, { what: "the row to go" })
})

test("I411 where deletions met edits that their authors had not seen, both browsers end with the same rows, and rows are the records", async () => {
  const stage = await startStage()
  const [ann, bob] = [await open(stage), await open(stage)]
  await ann.db.put("todos", { id: "a", n: 1 })
  await ann.db.put("todos", { id: "b", n: 1 })
  await ann.db.put("todos", { id: "c", n: 1 })
  await seen(bob, "c", { n: 1 })
  await stage.down()
  await ann.db.delete("todos", "a")
  await ann.db.put("todos", { id: "b", n: 2 })
  await bob.db.put("todos", { id: "a", n: 2 })
  await bob.db.delete("todos", "b")
  await Promise.all([ann.shared.settled(), bob.shared.settled()])
  await stage.up()
  await Promise.all([online(ann.workspace), online(bob.workspace)])
  const rows = (await agree("todos", ann, bob)) as readonly { id: string; n: number }[]
  const records = ann.workspace.records.collection<string>("todos")
  expect(Object.fromEntries(rows.map(({ id, n }) => [id, { n }]))).toEqual(Object.fromEntries(records.all()))
  expect(rows).toContainEqual({ id: "c", n: 1 })
  expect(records.editsAfterDelete("a").length + records.editsAfterDelete("b").length).toBe(2)
})

test("I412 keys of every kind, and values that a document cannot hold, come out at the other browser as they went in, or are told as kept", async () => {
  const stage = await startStage()
  const upgrade: Upgrade = (database) => {
    database.createObjectStore("kv")
    database.createObjectStore("pairs", { keyPath: ["a", "b.c"] })
  }
  const [ann, bob] = [await open(stage, upgrade), await open(stage, upgrade)]
  const day = new Date(86_400_000)
  const bytes = new Uint8Array([0, 255, 7]).buffer
  const values: readonly (readonly [IDBValidKey, unknown])[] = [
    ["text", { map: new Map([["k", new Set([1, day])]]), re: /a+/gi, nan: Number.NaN, big: 12n ** 20n }],
    ["~odd", [1, undefined, { $millrace: "map", deep: { at: day } }]],
    [5, "a plain text"],
    [-0.5, new Float64Array([1.5, -2])],
    [day, { day, none: undefined, bytes: new Uint8Array([1, 2, 3]) }],
    [bytes, null],
    [["x", 1, ["y"]], { ok: true }],
  ]
  for (const [key, value] of values) await ann.db.put("kv", value, key)
  await ann.db.put("pairs", { a: 1, b: { c: "two", other: 3 } })
  await ann.db.put("kv", { title: "with a file", file: new Blob(["abc"], { type: "text/plain" }) }, "blob")
  await waitFor(async () => (await bob.db.count("kv")) === values.length + 1, { what: "the rows" })
  for (const [key, value] of values) expect(await bob.db.get("kv", key)).toEqual(value)
  await waitFor(() => bob.db.get("pairs", [1, "two"]), { what: "the pair" })
  expect(await bob.db.getAll("pairs")).toEqual([{ a: 1, b: { c: "two", other: 3 } }])
  expect(await bob.db.get("kv", "blob")).toEqual({ title: "with a file" })
  expect(ann.events).toContainEqual({ kind: "kept", store: "kv", key: "blob", field: "file", type: "Blob" })
  // Bob's row has no file; that he writes it does not take Ann's away.
  await bob.db.put("kv", { title: "renamed" }, "blob")
  await waitFor(async () => (await ann.db.get("kv", "blob"))?.title === "renamed", { what: "the title" })
  expect((await ann.db.get("kv", "blob")).file).toBeInstanceOf(Blob)
})

test("I413 rows that were there before come in at the first opening with progress, unite with the workspace's, and generated keys never collide", async () => {
  const stage = await startStage()
  const upgrade: Upgrade = (database) => {
    todos(database)
    database.createObjectStore("notes", { keyPath: "id", autoIncrement: true })
  }
  const before = async (text: string): Promise<IDBFactory> => {
    const engine = new IDBFactory()
    const request = new Capture({ databases: ["app"], indexedDB: engine, tabs: processTabs(engine) })
      .factory()
      .open("app", 1)
    request.onupgradeneeded = () => upgrade(wrap(request.result))
    const db = await new Promise<IDBPDatabase>((resolve) => {
      request.onsuccess = () => resolve(wrap(request.result))
    })
    await db.put("notes", { text })
    const tx = db.transaction("todos", "readwrite")
    for (let n = 0; n < 2_500; n += 1) void tx.store.put({ id: `${text}${n}`, n })
    void tx.store.put({ id: "both", title: text, [text]: true })
    await tx.done
    db.close()
    return engine
  }
  const ann = await open(stage, upgrade, await before("ann"))
  await waitFor(() => ann.workspace.records.collection<string>("todos").size === 2_501, { what: "Ann's rows" })
  expect(ann.events.filter(({ kind }) => kind === "progress").length).toBeGreaterThan(3)
  const bob = await open(stage, upgrade, await before("bob"))
  await waitFor(async () => (await bob.db.count("todos")) === 5_001, { what: "all rows at Bob's" })
  await waitFor(async () => (await ann.db.count("todos")) === 5_001, { what: "all rows at Ann's" })
  expect(await ann.db.get("todos", "both")).toEqual({ id: "both", title: "ann", ann: true, bob: true })
  expect(bob.events).toContainEqual(expect.objectContaining({ kind: "differed", key: "both", fields: ["title"] }))
  expect(bob.events).toContainEqual(expect.objectContaining({ kind: "moved", store: "notes", from: 1 }))
  await Promise.all([ann.db.add("notes", { text: "a" }), bob.db.add("notes", { text: "b" })])
  await waitFor(async () => (await ann.db.count("notes")) === 4, { what: "four notes" })
  const notes = await agree("notes", ann, bob)
  expect(notes.map((note) => (note as { text: string }).text).sort()).toEqual(["a", "ann", "b", "bob"])
})

test("I414 what escaped capture is found by comparing, and a session that ended before its rows were in loses and repeats nothing", async () => {
  const stage = await startStage()
  const ann = await open(stage)
  await ann.db.put("todos", { id: "a", n: 1 })
  await ann.shared.settled()
  const bare = await new Promise<IDBDatabase>((resolve) => {
    const request = ann.engine.open("app")
    request.onsuccess = () => resolve(request.result)
  })
  const tx = bare.transaction("todos", "readwrite")
  tx.objectStore("todos").put({ id: "a", n: 5 })
  tx.objectStore("todos").put({ id: "worker", n: 1 })
  await new Promise((resolve) => tx.addEventListener("complete", resolve))
  expect(ann.workspace.records.collection<string>("todos").get("a")).toEqual({ n: 1 })
  expect(await ann.shared.compare()).toBe(2)
  expect(ann.workspace.records.collection<string>("todos").get("a")).toEqual({ n: 5 })
  expect(await ann.shared.compare()).toBe(0)
  bare.close()
  // Marked, but the tab goes before anybody looks.
  await ann.shared.close()
  await ann.db.put("todos", { id: "a", n: 6 })
  await ann.workspace.close()
  const other = stage.open()
  await online(other)
  expect(other.records.collection<string>("todos").get("a")).toEqual({ n: 5 })
  ann.db.close()
  const again = await open(stage, todos, ann.engine)
  await waitFor(() => other.records.collection<string>("todos").get("a")?.["n"] === 6, { what: "the edit" })
  other.records.collection<string>("todos").update("a", { n: 7 })
  await seen(again, "a", { n: 7 })
})
