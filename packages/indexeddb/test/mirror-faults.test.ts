import { fakeClock, waitFor } from "@millrace/testkit"
import { expect, test } from "vitest"
import { nextMirrorState, type MirrorState, type MirrorStateEvent, type StorageFault } from "../src/index.ts"
import { newFactory, openPlain } from "./helpers.ts"
import { any, current, databaseName, mirrored, openTab, recorded, resultOf } from "./mirror-stage.ts"
import { sickFactory } from "./sick-factory.ts"

test("I29 a full disk is told, holds up no write of the document, and is made up for once there is room", async () => {
  const factory = newFactory()
  const sick = sickFactory(factory)
  const clock = fakeClock()
  const tab = await openTab(factory, { clock, mirrorIndexedDB: sick.indexedDB })
  await current(tab)
  sick.abortWritesWith = "QuotaExceededError"
  tab.records.collection("people").put("a", { name: "Ada" })
  await tab.store.stored()
  await waitFor(() => tab.mirror.status.state === "failed", { what: "the failure" })
  expect(tab.faults).toMatchObject([{ kind: "storage", fault: "quota", database: databaseName }])
  expect(tab.mirror.status.lastError).toBe(tab.faults[0])
  tab.records.collection("people").put("b", { name: "Bo" })
  await tab.store.stored()
  sick.abortWritesWith = undefined
  const settled = tab.mirror.settled()
  await clock.advanceAndSettle(60_000)
  await settled
  expect(tab.mirror.status).toMatchObject({ state: "current", lastError: undefined })
  expect(await mirrored(tab.mirror)).toEqual(recorded(tab.records))
})

test("I29 a rebuild that is asked for does not wait for the next attempt, and mends what is wrong", async () => {
  const factory = newFactory()
  const sick = sickFactory(factory)
  const tab = await openTab(factory, { clock: fakeClock(), mirrorIndexedDB: sick.indexedDB })
  await current(tab)
  sick.abortWritesWith = "UnknownError"
  tab.records.collection("people").put("a", { name: "Ada" })
  await waitFor(() => tab.mirror.status.state === "failed", { what: "the failure" })
  sick.abortWritesWith = undefined
  await tab.mirror.rebuild()
  expect(await mirrored(tab.mirror)).toEqual(recorded(tab.records))
  const plain = await openPlain(factory, databaseName)
  await resultOf(plain.transaction("people", "readwrite").objectStore("people").clear())
  plain.close()
  expect((await mirrored(tab.mirror))["people"]).toEqual({})
  await tab.mirror.rebuild()
  expect(await mirrored(tab.mirror)).toEqual(recorded(tab.records))
})

test("I29 a tab that does not write has its rebuild done by the one that does", async () => {
  const factory = newFactory()
  const one = await openTab(factory)
  await current(one)
  one.records.collection("people").put("a", { name: "Ada" })
  const two = await openTab(factory)
  await one.mirror.settled()
  await two.mirror.rebuild()
  expect([one, two].map(({ mirror }) => mirror.status.writes)).toEqual([true, false])
  expect(await mirrored(two.mirror)).toEqual(recorded(one.records))
})

test("I29 connections that the browser closes, and site data that it clears, are told and made up for", async () => {
  const factory = newFactory()
  const tab = await openTab(factory)
  tab.records.collection("people").put("a", { name: "Ada" })
  await tab.mirror.settled()
  const database = await tab.mirror.database()
  tab.storage.close(databaseName)
  expect(tab.faults.map((fault) => (fault as StorageFault).fault)).toContain("closed")
  tab.records.collection("people").put("b", { name: "Bo" })
  await tab.mirror.settled()
  expect(await tab.mirror.database()).not.toBe(database)
  expect(await mirrored(tab.mirror)).toEqual(recorded(tab.records))
})

test("I29 a database that another page deletes is left alone until a rebuild is asked for", async () => {
  const factory = newFactory()
  const tab = await openTab(factory)
  tab.records.collection("people").put("a", { name: "Ada" })
  await tab.mirror.settled()
  const request = factory.deleteDatabase(databaseName)
  await new Promise((resolve) => (request.onsuccess = resolve))
  await waitFor(() => tab.mirror.status.state === "superseded", { what: "the mirror to be given up" })
  await expect(tab.mirror.database()).rejects.toMatchObject({ fault: "superseded" })
  await expect(tab.mirror.settled()).rejects.toMatchObject({ fault: "superseded" })
  tab.records.collection("people").put("b", { name: "Bo" })
  await tab.store.stored()
  expect((await factory.databases()).map(({ name }) => name)).not.toContain(databaseName)
  await tab.mirror.rebuild()
  expect(await mirrored(tab.mirror)).toEqual(recorded(tab.records))
})

test("I30 the page that was opened last has the stores by its schema; the other says so, and takes them back when asked", async () => {
  const factory = newFactory()
  const old = await openTab(factory)
  old.records.collection("people").put("a", { name: "Ada", age: 3 })
  await old.mirror.settled()
  const reading = await old.mirror.database()
  const schema = {
    version: 2,
    collections: { people: { fields: { name: any, age: any }, indexes: { byAge: { on: "age" } } } },
  }
  const young = await openTab(factory, { schema })
  await young.mirror.settled()
  await waitFor(() => old.mirror.status.state === "superseded", { what: "the older page to give up" })
  expect(() => reading.transaction("people")).toThrow(expect.objectContaining({ name: "InvalidStateError" }))
  await expect(old.mirror.database()).rejects.toThrow(/reload this page/u)
  old.records.collection("people").put("b", { name: "Bo", age: 2 })
  await old.store.stored()
  await waitFor(async () => (await mirrored(young.mirror))["people"]?.["b"] !== undefined, {
    what: "the older page's edit",
  })
  expect(young.mirror.status).toMatchObject({ state: "current", writes: true })
  await old.mirror.rebuild()
  expect(await mirrored(old.mirror)).toEqual(recorded(old.records))
  await waitFor(() => young.mirror.status.state === "superseded", { what: "the younger page to give up" })
})

test("I30 two pages with one new schema that open together agree on the stores", async () => {
  const factory = newFactory()
  const first = await openTab(factory)
  await first.mirror.settled()
  await first.close()
  const schema = { version: 3, collections: { people: { fields: { name: any }, indexes: { byName: { on: "name" } } } } }
  const tabs = await Promise.all([1, 2, 3].map(() => openTab(factory, { schema })))
  for (const [at, tab] of tabs.entries()) tab.records.collection("people").put(`p${at}`, { name: `n${at}` })
  for (const tab of tabs) await tab.mirror.settled()
  for (const tab of tabs) {
    expect(Object.keys((await mirrored(tab.mirror))["people"] ?? {})).toEqual(["p0", "p1", "p2"])
    expect(tab.mirror.status.state).toBe("current")
  }
  expect(tabs.filter(({ mirror }) => mirror.status.writes)).toHaveLength(1)
})

test("I29 the states are a total table: closed is the end, superseded is left by request only", () => {
  const events: MirrorStateEvent[] = ["reopen", "build", "built", "fail", "supersede", "close"]
  const states: MirrorState[] = ["opening", "building", "current", "failed", "superseded", "closed"]
  for (const event of events) {
    expect(nextMirrorState("closed", event)).toBe("closed")
    for (const state of states) expect(states).toContain(nextMirrorState(state, event))
  }
  expect(events.filter((event) => nextMirrorState("superseded", event) !== "superseded")).toEqual(["reopen", "close"])
})
