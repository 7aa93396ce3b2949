import { recordOfRow } from "@millrace/indexeddb"
import { waitFor } from "@millrace/testkit"
import { expect, test } from "vitest"
import type { MirrorEvent } from "../src/node/index.ts"
import { newBrowser, online, startStage, type TestWorkspace } from "./stage.ts"

function resultOf<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
}

async function rowsOf(workspace: TestWorkspace): Promise<Record<string, unknown>> {
  const database = await workspace.database()
  const rows = await resultOf(database.transaction("datasets").objectStore("datasets").getAll())
  return Object.fromEntries(rows.map((row) => [row.id, recordOfRow(row)]))
}

const recordsOf = (workspace: TestWorkspace): Record<string, unknown> =>
  Object.fromEntries(workspace.collection("datasets").all())

test("I32 a workspace has object stores only where that is asked for, and where there is an IndexedDB", async () => {
  const stage = await startStage()
  const plain = stage.open({ browser: newBrowser() })
  expect(plain.mirror).toBeUndefined()
  await expect(plain.database()).rejects.toMatchObject({ kind: "unsupported" })
  expect(() => plain.changes(() => {})).toThrow(expect.objectContaining({ kind: "unsupported" }))
  expect(() => stage.open({ mirror: true })).toThrow(expect.objectContaining({ kind: "unsupported" }))
})

test("I32 what others write comes into the stores, and its position knows the log; $status is beside it", async () => {
  const stage = await startStage()
  const mine = stage.open({ browser: newBrowser(), mirror: true })
  const other = stage.open()
  await Promise.all([online(mine), online(other)])
  // A first build is told as one reset: what comes into it is no change of its own.
  await mine.mirror?.settled()
  const heard: MirrorEvent[] = []
  mine.changes((events) => void heard.push(...events))
  const { durable } = other.collection("datasets").put("a", { name: "of another" })
  const { seq } = await durable
  await waitFor(async () => (await rowsOf(mine))["a"] !== undefined, { what: "the row" })
  const changes = (): readonly MirrorEvent[] => heard.filter(({ op }) => op !== "reset")
  await waitFor(() => changes().length > 0, { what: "the change" })
  expect(changes()).toMatchObject([{ op: "add", id: "a", after: { name: "of another" } }])
  const { stored, durable: own } = mine.collection("datasets").update("a", { comment: "mine" })
  await stored
  await own
  await mine.mirror?.settled()
  expect(await rowsOf(mine)).toEqual(recordsOf(mine))
  const database = await mine.database()
  expect([...database.objectStoreNames]).toContain("$status")
  const position = await resultOf(database.transaction("$meta").objectStore("$meta").get("mirror"))
  expect(position).toMatchObject({ generation: 1, rebuild: null })
  expect(position.seq).toBeGreaterThanOrEqual(seq)
  await waitFor(
    async () =>
      (await resultOf(database.transaction("$status").objectStore("$status").index("byState").count("durable"))) > 0,
    { what: "the status of the record" },
  )
})

test("I32 after a reload the rows are there before the local copy is loaded, and follow it", async () => {
  const stage = await startStage()
  const browser = newBrowser()
  const first = stage.open({ browser, mirror: true })
  first.collection("datasets").put("a", { name: "A" })
  await first.mirror?.settled()
  await first.close()
  const second = stage.open({ browser, mirror: true })
  second.collection("datasets").put("early", { name: "before ready" })
  await second.ready
  await second.mirror?.settled()
  expect(await rowsOf(second)).toEqual({ a: { name: "A" }, early: { name: "before ready" } })
  expect(second.mirror?.status).toMatchObject({ state: "current", writes: true })
})

test("I32 tabs without network have each other's edits in their stores, and nobody's status says more for it", async () => {
  const stage = await startStage()
  await stage.down()
  const browser = newBrowser()
  const one = stage.open({ browser, mirror: true })
  await one.ready
  const two = stage.open({ browser, mirror: true })
  await two.ready
  one.collection("datasets").put("a", { name: "of one" })
  two.collection("datasets").put("b", { name: "of two" })
  await one.mirror?.settled()
  await two.mirror?.settled()
  expect(await rowsOf(two)).toEqual({ a: { name: "of one" }, b: { name: "of two" } })
  expect(one.recordStatus("datasets", "a").state).toBe("waiting")
  expect(two.recordStatus("datasets", "b").state).toBe("waiting")
  await stage.up()
  await Promise.all([online(one), online(two)])
  await waitFor(() => recordsOf(one)["b"] !== undefined && recordsOf(two)["a"] !== undefined, { what: "both edits" })
  await one.mirror?.settled()
  await two.mirror?.settled()
  expect(await rowsOf(one)).toEqual(recordsOf(two))
  await waitFor(() => [one, two].every(({ status }) => status.waiting === 0), { what: "nothing to wait" })
})
