import { fakeClock, waitFor } from "@millrace/testkit"
import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { expect, test } from "vitest"
import { IndexeddbPersistence } from "y-indexeddb"
import * as Y from "yjs"
import { countRows, newFactory, openPlain, openStore } from "./helpers.ts"
import { sickFactory } from "./sick-factory.ts"

const textOf = (doc: Y.Doc): string => doc.getText("t").toJSON()

test("I1 y-indexeddb is exactly the version whose layout and reading this package relies on", () => {
  const entry = createRequire(import.meta.url).resolve("y-indexeddb/package.json")
  expect(JSON.parse(readFileSync(entry, "utf8"))).toMatchObject({ version: "9.0.12" })
})

test("I1 stock y-indexeddb reads what is stored here, and the other way round", async () => {
  const factory = newFactory()
  const ours = openStore(factory)
  await ours.store.load(undefined)
  ours.doc.getText("t").insert(0, "ours")
  await ours.store.stored()
  await ours.store.close()

  const global = globalThis.indexedDB
  globalThis.indexedDB = factory
  try {
    const doc = new Y.Doc()
    const stock = new IndexeddbPersistence("millrace:w:updates", doc)
    await stock.whenSynced
    expect(textOf(doc)).toBe("ours")
    doc.getText("t").insert(4, " and theirs")
    await stock.destroy()
  } finally {
    globalThis.indexedDB = global
  }
  const again = openStore(factory)
  await again.store.load(undefined)
  expect(textOf(again.doc)).toBe("ours and theirs")
})

test("I3 what is written before the database is open is stored", async () => {
  const factory = newFactory()
  const first = openStore(factory)
  first.doc.getText("t").insert(0, "early")
  const stored = first.store.stored()
  expect(first.store.state).toBe("opening")
  await first.store.load(undefined)
  await stored
  await first.store.close()
  const second = openStore(factory)
  await second.store.load(undefined)
  expect(textOf(second.doc)).toBe("early")
})

test("I2 a transaction that aborts after its requests succeeded rejects, is told, and everything is stored later", async () => {
  const factory = newFactory()
  const sick = sickFactory(factory)
  const clock = fakeClock()
  const { doc, store, faults } = openStore(sick.indexedDB, clock)
  await store.load(undefined)
  doc.getText("t").insert(0, "a")
  await store.stored()
  sick.abortWritesWith = "QuotaExceededError"
  doc.getText("t").insert(1, "b")
  await expect(store.stored()).rejects.toMatchObject({ kind: "storage", fault: "quota" })
  expect(faults.map(({ fault }) => fault)).toEqual(["quota"])
  doc.getText("t").insert(2, "c")
  sick.abortWritesWith = "UnknownError"
  await clock.advanceAndSettle(60_000)
  await waitFor(() => faults.length > 1, { what: "the second failure" })
  expect(faults.at(-1)?.fault).toBe("aborted")
  sick.abortWritesWith = undefined
  const stored = store.stored()
  await clock.advanceAndSettle(60_000)
  await stored
  await store.close()
  const again = openStore(factory)
  await again.store.load(undefined)
  expect(textOf(again.doc)).toBe("abc")
})

test("I2 stored is no promise about later writes, and updates that wait go in one row", async () => {
  const factory = newFactory()
  const { doc, store } = openStore(factory)
  await store.load(undefined)
  doc.getText("t").insert(0, "x")
  for (let i = 0; i < 100; i += 1) doc.getText("t").insert(0, "y")
  await store.stored()
  expect(await countRows(factory)).toBe(2)
  await store.stored()
})

test("I4 rows that the caller had not reflected come with an origin of their own, deletions among them", async () => {
  const factory = newFactory()
  const first = openStore(factory)
  await first.store.load(undefined)
  const bag = first.doc.getArray<string>("bag")
  bag.push(["one", "two"])
  await first.store.stored()
  const reflected = first.stored.flatMap(({ keys }) => keys)
  bag.delete(0)
  await first.store.stored()
  expect(first.store.highestKey).toBe(2)
  await first.store.close()

  const second = openStore(factory)
  const seen: { readonly known: boolean; readonly after: readonly string[] }[] = []
  second.doc.on("update", (_update: Uint8Array, origin: unknown) => {
    expect(second.store.isOwnOrigin(origin)).toBe(true)
    seen.push({ known: second.store.isReflectedOrigin(origin), after: second.doc.getArray<string>("bag").toArray() })
  })
  const { incarnation } = first.store
  const report = await second.store.load({ incarnation, keys: reflected })
  expect(report).toMatchObject({ rows: 2, incarnation, unreflected: true })
  expect(seen).toEqual([
    { known: true, after: ["one", "two"] },
    { known: false, after: ["two"] },
  ])
  await second.store.close()

  const third = openStore(factory)
  const known: boolean[] = []
  third.doc.on("update", (_update: Uint8Array, origin: unknown) => known.push(third.store.isReflectedOrigin(origin)))
  expect((await third.store.load({ incarnation, keys: [[0, 2]] })).unreflected).toBe(false)
  expect(known).toEqual([true])
})

test("I9 keys of another life of the database reflect nothing", async () => {
  const factory = newFactory()
  const first = openStore(factory)
  await first.store.load(undefined)
  first.doc.getText("t").insert(0, "x")
  await first.store.stored()
  await first.store.close()
  const second = openStore(factory)
  expect((await second.store.load({ incarnation: "another", keys: [[0, 1_000]] })).unreflected).toBe(true)
  expect(textOf(second.doc)).toBe("x")
})

test("I5 a store of 500 rows is merged into one, with what other tabs appended, and nothing is lost", async () => {
  const factory = newFactory()
  const clock = fakeClock()
  const left = openStore(factory, clock)
  const right = openStore(factory)
  await left.store.load(undefined)
  await right.store.load(undefined)
  right.doc.getArray("r").push(["right"])
  await right.store.stored()
  for (let i = 0; i < 500; i += 1) {
    left.doc.getArray("l").push([i])
    await left.store.stored()
  }
  expect(await countRows(factory)).toBe(501)
  clock.advance(1_000)
  await waitFor(async () => (await countRows(factory)) === 1, { what: "one row" })
  expect(left.stored.at(-1)?.keys).toEqual([[0, left.store.highestKey]])
  expect(left.doc.getArray("r").length).toBe(1)
  const again = openStore(factory)
  await again.store.load(undefined)
  expect(again.doc.getArray("l").length).toBe(500)
  expect(again.doc.getArray("r").toArray()).toEqual(["right"])
})

test("I6 a connection that the browser closed is told, opened again, and everything is stored", async () => {
  const factory = newFactory()
  const sick = sickFactory(factory)
  const clock = fakeClock()
  const { doc, store, faults } = openStore(sick.indexedDB, clock)
  await store.load(undefined)
  doc.getText("t").insert(0, "a")
  await store.stored()
  const [connection] = sick.connections
  connection?.close()
  connection?.onclose?.call(connection, new Event("close"))
  expect(store.state).toBe("failed")
  expect(faults.map(({ fault }) => fault)).toContain("closed")
  doc.getText("t").insert(1, "b")
  const stored = store.stored()
  await clock.advanceAndSettle(60_000)
  await stored
  expect(store.state).toBe("open")
  await store.close()
  const again = openStore(factory)
  await again.store.load(undefined)
  expect(textOf(again.doc)).toBe("ab")
})

test("I6 a connection lost without an event is noticed at the next write", async () => {
  const factory = newFactory()
  const sick = sickFactory(factory)
  const clock = fakeClock()
  const { doc, store } = openStore(sick.indexedDB, clock)
  await store.load(undefined)
  sick.connections[0]?.close()
  doc.getText("t").insert(0, "a")
  await expect(store.stored()).rejects.toMatchObject({ kind: "storage" })
  const stored = store.stored()
  await clock.advanceAndSettle(60_000)
  await stored
  expect(store.state).toBe("open")
})

test("I300 a database that another page deletes is told, made again, and has what this page has; notes come back with it", async () => {
  const factory = newFactory()
  const clock = fakeClock()
  const { doc, store, faults } = openStore(factory, clock)
  await store.load(undefined)
  store.note("permission", "read")
  await new Promise((resolve) => void setImmediate(resolve))
  await new Promise<void>((resolve) => {
    factory.deleteDatabase(store.name).onsuccess = () => resolve()
  })
  expect(faults.map(({ fault }) => fault)).toEqual(["deleted"])
  expect(store.state).toBe("failed")
  doc.getText("t").insert(0, "x")
  const stored = store.stored()
  await clock.advanceAndSettle(60_000)
  await stored
  await store.close()
  const again = openStore(factory)
  const report = await again.store.load(undefined)
  expect(textOf(again.doc)).toBe("x")
  expect([...report.notes]).toEqual([["permission", "read"]])
})

test("I301 rows that are gone though they were known to be stored are told, and begin a new life", async () => {
  const factory = newFactory()
  const first = openStore(factory)
  await first.store.load(undefined)
  first.doc.getText("t").insert(0, "x")
  await first.store.stored()
  const { incarnation, highestKey } = first.store
  await first.store.close()
  const again = openStore(factory)
  const report = await again.store.load({ incarnation, keys: [[0, highestKey + 3]] })
  expect(report).toMatchObject({ isTruncated: true, isNew: false, unreflected: true })
  expect(report.incarnation).not.toBe(incarnation)
  await again.store.close()
  const third = await openStore(factory).store.load({ incarnation: report.incarnation, keys: [[0, highestKey]] })
  expect(third).toMatchObject({ isTruncated: false, incarnation: report.incarnation })
})

test("I6 a database that does not open rejects the load, is told, and is tried again", async () => {
  const factory = newFactory()
  const sick = sickFactory(factory)
  sick.refuseToOpen = true
  const clock = fakeClock()
  const { doc, store, faults } = openStore(sick.indexedDB, clock)
  doc.getText("t").insert(0, "kept")
  const early = store.stored()
  await expect(store.load(undefined)).rejects.toMatchObject({ kind: "storage", fault: "unopened" })
  await expect(early).rejects.toMatchObject({ fault: "unopened" })
  expect(faults.length).toBe(1)
  sick.refuseToOpen = false
  const stored = store.stored()
  await clock.advanceAndSettle(60_000)
  await stored
  await store.close()
  const again = openStore(factory)
  await again.store.load(undefined)
  expect(textOf(again.doc)).toBe("kept")
})

test("I6 rows that do not decode fail the load and stay where they are", async () => {
  const factory = newFactory()
  const first = openStore(factory)
  await first.store.load(undefined)
  first.doc.getText("t").insert(0, "x")
  await first.store.stored()
  await first.store.close()
  const plain = await openPlain(factory)
  const spoil = plain.transaction("updates", "readwrite")
  spoil.objectStore("updates").add(Uint8Array.of(255, 255, 255))
  await new Promise<void>((resolve) => {
    spoil.oncomplete = () => resolve()
  })
  plain.close()
  const second = openStore(factory, fakeClock())
  await expect(second.store.load(undefined)).rejects.toMatchObject({ kind: "storage" })
  await second.store.close()
  expect(await countRows(factory)).toBe(2)
})

test("I11 the generation that the rows belong to is kept beside them", async () => {
  const factory = newFactory()
  const first = openStore(factory)
  expect((await first.store.load(undefined)).generation).toBe(0)
  first.store.setGeneration(3)
  await first.store.close()
  const second = openStore(factory)
  expect((await second.store.load(undefined)).generation).toBe(3)
  expect(second.store.generation).toBe(3)
})
