import { StatusStore, statusDatabaseName, updatesDatabaseName } from "@millrace/indexeddb"
import { waitFor } from "@millrace/testkit"
import type { IDBFactory } from "fake-indexeddb"
import { expect, test } from "vitest"
import * as Y from "yjs"
import { openProjectorHand } from "./projector-hand.ts"
import { newBrowser, online, startStage } from "./stage.ts"

async function deleteDatabase(browser: IDBFactory, name: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const request = browser.deleteDatabase(name)
    request.onsuccess = () => resolve()
    request.onerror = () => reject(request.error)
  })
}

test("C2 edits made without network survive closing, with their waiting count, and travel when the relay is back", async () => {
  const stage = await startStage()
  await stage.down()
  const browser = newBrowser()
  const first = stage.open({ browser })
  const write = first.collection("datasets").put("d1", { name: "one" })
  first.collection("datasets").put("d2", { name: "two" })
  await write.stored
  await first.close()
  await expect(write.durable).rejects.toMatchObject({ kind: "closed" })

  const second = stage.open({ browser })
  await second.ready
  expect(second.collection("datasets").get("d1")).toEqual({ name: "one" })
  expect(second.status).toMatchObject({ waiting: 2, caughtUp: false, storage: "open" })
  expect(second.recordStatus("datasets", "d2").state).toBe("waiting")
  await stage.up()
  await online(second)
  expect(second.status.waiting).toBe(0)
  expect(second.recordStatus("datasets", "d2").state).toBe("durable")
})

test("C3 a relay that goes and comes back on its log loses nothing, and both sides' offline edits meet", async () => {
  const stage = await startStage()
  const ann = stage.open({ browser: newBrowser() })
  const bob = stage.open({ browser: newBrowser() })
  await ann.collection("datasets").put("d", { name: "one", comment: "first" }).durable
  await ann.collection("datasets").put("e", { name: "gone" }).durable
  await waitFor(() => bob.collection("datasets").size === 2, { what: "Bob to have both" })
  await stage.down()
  await waitFor(() => ann.status.connection !== "online" && bob.status.connection !== "online", { what: "offline" })
  const writes = [
    ann.collection("datasets").update("d", { name: "two" }),
    bob.collection("datasets").update("d", { comment: "second" }),
    bob.collection("datasets").delete("e"),
    ann.collection("columns").put("c", { name: "new" }),
  ]
  expect([ann.status.waiting, bob.status.waiting]).toEqual([2, 2])
  await stage.up()
  const seqs = await Promise.all(writes.map((write) => write.durable))
  expect(Math.max(...seqs.map(({ seq }) => seq))).toBeGreaterThan(2)
  for (const workspace of [ann, bob]) {
    await waitFor(() => workspace.collection("datasets").get("d")?.comment === "second", { what: "the comment" })
    await waitFor(() => workspace.collection("columns").has("c"), { what: "the column" })
    expect(workspace.collection("datasets").all()).toEqual(new Map([["d", { name: "two", comment: "second" }]]))
    await waitFor(() => workspace.status.waiting === 0, { what: "nothing to wait" })
  }
})

test("C8 the status shown after a reload without network is the one from before", async () => {
  const stage = await startStage()
  const projector = await openProjectorHand(stage)
  const browser = newBrowser()
  const before = stage.open({ browser })
  const datasets = before.collection("datasets")
  await Promise.all(["a", "b", "c"].map((id) => datasets.put(id, { name: id }).durable))
  const { seq } = before.status
  await projector.except("b", "parked", seq)
  await projector.watermark(seq)
  const { seq: late } = await datasets.update("c", { comment: "later" }).durable
  const states = (workspace: typeof before): string[] =>
    ["a", "b", "c", "d"].map((id) => workspace.recordStatus("datasets", id).state)
  await waitFor(() => states(before).join() === "accepted,parked,pending,accepted", { what: "the statuses" })
  await stage.down()
  await waitFor(() => before.status.connection !== "online", { what: "offline" })
  datasets.put("d", { name: "d" })
  expect(states(before)).toEqual(["accepted", "parked", "pending", "waiting"])
  await before.close()

  const store = new StatusStore({ name: statusDatabaseName("w"), indexedDB: browser, onFault: () => {} })
  expect((await store.inState("waiting", 10)).map(({ id }) => id)).toEqual(["d"])
  expect(await store.get("datasets", "a")).toMatchObject({ state: "accepted", targets: { "flume/events": {} } })
  expect(await store.get("datasets", "b")).toMatchObject({
    state: "parked",
    targets: { "flume/events": { state: "parked", reason: "not liked" } },
  })
  expect(await store.get("datasets", "c")).toMatchObject({ state: "pending", touchedSeq: late })
  store.close()

  const after = stage.open({ browser })
  await after.ready
  expect(states(after)).toEqual(["accepted", "parked", "pending", "waiting"])
  expect(after.status).toMatchObject({ waiting: 1, seq: late, generation: 1 })
  expect(after.recordStatus("datasets", "b").targets["flume/events"]).toMatchObject({ reason: "not liked" })

  await stage.up()
  await online(after)
  await projector.lift("b")
  await projector.watermark(after.status.seq)
  await waitFor(() => states(after).every((state) => state === "accepted"), { what: "all accepted" })
})

test("C19 rows of the local copy that the kept status does not reflect make their records wait, deletions too", async () => {
  const stage = await startStage()
  const browser = newBrowser()
  const first = stage.open({ browser })
  for (const id of ["a", "b", "c"]) first.collection("datasets").put(id, { name: id })
  await first.collection("datasets").put("d", { name: "d" }).durable
  await first.close()
  await stage.down()
  // A session that ended between storing its updates and noting their touches: only the first database has them.
  const name = updatesDatabaseName("w")
  const doc = new Y.Doc()
  const opened = browser.open(name)
  const database = await new Promise<IDBDatabase>((resolve) => {
    opened.onsuccess = () => resolve(opened.result)
  })
  const read = database.transaction("updates").objectStore("updates").getAll()
  const rows = await new Promise<Uint8Array[]>((resolve) => {
    read.onsuccess = () => resolve(read.result as Uint8Array[])
  })
  for (const row of rows) Y.applyUpdate(doc, row)
  const updates: Uint8Array[] = []
  doc.on("update", (update: Uint8Array) => updates.push(update))
  const bag = doc.getArray<string>("datasets")
  bag.delete(bag.toArray().findIndex((entry) => entry.startsWith('["b"')))
  bag.push([`["new","n1",{"name":"new"}]`])
  const write = database.transaction("updates", "readwrite")
  for (const update of updates) write.objectStore("updates").add(update)
  await new Promise<void>((resolve) => {
    write.oncomplete = () => resolve()
  })
  database.close()

  const second = stage.open({ browser })
  await second.ready
  const states = ["a", "b", "c", "new"].map((id) => second.recordStatus("datasets", id).state)
  expect(states).toEqual(["durable", "waiting", "durable", "waiting"])
  expect(second.status.waiting).toBe(2)
  await stage.up()
  await online(second)
  expect(second.status.waiting).toBe(0)
})

test("C19 without the kept status every record waits until the relay has spoken", async () => {
  const stage = await startStage()
  const browser = newBrowser()
  const first = stage.open({ browser })
  await first.collection("datasets").put("a", { name: "a" }).durable
  await first.close()
  await stage.down()
  await deleteDatabase(browser, statusDatabaseName("w"))
  const second = stage.open({ browser })
  await second.ready
  expect(second.recordStatus("datasets", "a").state).toBe("waiting")
  await stage.up()
  await online(second)
  expect(second.recordStatus("datasets", "a").state).toBe("durable")
})

test("C26 two tabs of one browser reach each other through the relay, and neither settles the other's waiting edit", async () => {
  const stage = await startStage()
  const browser = newBrowser()
  const left = stage.open({ browser })
  await left.collection("datasets").put("x", { name: "x" }).durable
  const right = stage.open({ browser })
  await online(right)
  await right.collection("datasets").update("x", { comment: "right" }).durable
  await waitFor(() => left.collection("datasets").get("x")?.comment === "right", { what: "the other tab's edit" })
  await stage.down()
  await waitFor(() => left.status.connection !== "online" && right.status.connection !== "online", { what: "offline" })
  await left.collection("datasets").update("x", { name: "left" }).stored
  await right.collection("datasets").put("y", { name: "y" }).stored
  await left.close()
  await right.close()
  const again = stage.open({ browser })
  await again.ready
  expect(again.collection("datasets").get("x")).toEqual({ name: "left", comment: "right" })
  expect(again.collection("datasets").has("y")).toBe(true)
  expect(again.status.waiting).toBe(2)
  await stage.up()
  await online(again)
  expect(again.status.waiting).toBe(0)
})
