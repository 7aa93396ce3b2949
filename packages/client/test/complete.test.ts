import { DocStore, updatesDatabaseName } from "@millrace/indexeddb"
import { systemClock, systemRandom } from "@millrace/ports"
import { startToxicProxy, waitFor } from "@millrace/testkit"
import type { IDBFactory } from "fake-indexeddb"
import { expect, test } from "vitest"
import * as Y from "yjs"
import { newBrowser, online, type Stage, startStage, token } from "./stage.ts"
import { tabWorld } from "./tab-world.ts"

async function reset(stage: Stage, generation: number): Promise<void> {
  const answer = await fetch(`${stage.url}/workspaces/w/reset`, {
    method: "POST",
    headers: { authorization: `Bearer ${await token("admin")}`, "content-type": "application/json" },
    body: JSON.stringify({ generation }),
  })
  if (!answer.ok) throw new Error(await answer.text())
}

async function namesIn(browser: IDBFactory): Promise<readonly string[]> {
  return (await browser.databases()).map(({ name }) => name ?? "")
}

test("C310 that a workspace is read-only is known before the first edit, also without network, and a write throws and writes nothing", async () => {
  const stage = await startStage()
  const browser = newBrowser()
  const writer = stage.open()
  await writer.collection("datasets").put("d", { name: "d" }).durable
  const first = stage.open({ browser, role: "read" })
  await first.caughtUp()
  await first.close()
  await stage.down()
  const reader = stage.open({ browser, role: "read" })
  await reader.ready
  expect(reader.status).toMatchObject({ permission: "read", waiting: 0 })
  const datasets = reader.collection("datasets")
  const forbidden = expect.objectContaining({ kind: "forbidden" })
  expect(() => datasets.put("e", { name: "e" })).toThrow(forbidden)
  expect(() => datasets.update("d", { comment: "no" })).toThrow(forbidden)
  expect(() => datasets.delete("d")).toThrow(forbidden)
  expect(() => reader.transact(() => datasets.put("e", { name: "e" }))).toThrow(forbidden)
  expect([...datasets.ids()]).toEqual(["d"])
  expect(reader.status.waiting).toBe(0)
})

test("C311 a workspace whose generation changes while it is open keeps what was not sent, exports it, and the new generation takes it in", async () => {
  const stage = await startStage()
  const browser = newBrowser()
  const old = stage.open({ browser })
  await old.collection("datasets").put("d", { name: "d", comment: "sent" }).durable
  await old.collection("datasets").put("gone", { name: "gone" }).durable
  await old.caughtUp()
  expect(old.unsent()).toMatchObject({ created: [], edits: [] })
  const proxy = await startToxicProxy({ target: { port: stage.port } })
  const cut = stage.open({ browser: newBrowser(), url: `http://127.0.0.1:${proxy.port}` })
  await cut.caughtUp()
  await proxy.close()
  cut.collection("datasets").update("d", { comment: "not sent" })
  cut.collection("datasets").put("new", { name: "new" })
  const unsent = cut.unsent()
  expect(unsent.created).toMatchObject([{ collection: "datasets", id: "new", record: { name: "new" } }])
  expect(unsent.edits).toMatchObject([{ id: "d", field: "comment", value: "not sent" }])

  await reset(stage, 1)
  await waitFor(() => old.status.connection === "refused", { what: "the refusal" })
  expect(old.status.lastError?.kind).toBe("generation")
  await old.collection("datasets").put("late", { name: "late" }).stored
  expect(old.unsent().created.map(({ id }) => id)).toEqual(["late"])
  await expect(old.caughtUp()).rejects.toMatchObject({ kind: "generation" })
  await old.close()

  const next = stage.open({ browser, generation: 2 })
  await next.caughtUp()
  expect(next.collection("datasets").get("d")).toEqual({ name: "d", comment: "sent" })
  const write = next.transact(() => void next.records.applyUnsent(unsent))
  await write.durable
  expect(next.collection("datasets").get("d")).toEqual({ name: "d", comment: "not sent" })
  expect(next.collection("datasets").has("new")).toBe(true)
})

test("C312 what this browser wrote and lost is listed at it, over a reload, with what won, until somebody settles it", async () => {
  const stage = await startStage()
  const browsers = [newBrowser(), newBrowser()]
  const people = browsers.map((browser) => stage.open({ browser }))
  const [ann, bob] = people as [(typeof people)[0], (typeof people)[0]]
  await ann.collection("datasets").put("d", { name: "d", comment: "first" }).durable
  await ann.collection("datasets").put("e", { name: "e" }).durable
  await waitFor(() => bob.collection("datasets").has("e"), { what: "both records" })
  await stage.down()
  await waitFor(() => people.every(({ status }) => status.connection !== "online"), { what: "offline" })
  ann.collection("datasets").update("d", { comment: "Ann's" })
  bob.collection("datasets").update("d", { comment: "Bob's" })
  ann.collection("datasets").delete("e")
  bob.collection("datasets").update("e", { comment: "too late" })
  const told: number[] = []
  for (const each of people) each.onLost((lost) => told.push(lost.length))
  await stage.up()
  await Promise.all(people.map((each) => online(each)))
  const winner = ann.collection("datasets").get("d")?.comment
  const at = winner === "Ann's" ? 1 : 0
  const expected = {
    collection: "datasets",
    id: "d",
    field: "comment",
    value: ["Ann's", "Bob's"][at],
    winner,
    to: "write",
  }
  await waitFor(() => people[at]?.lost().some(({ id }) => id === "d"), { what: "the loss to be listed" })
  expect(people[at]?.lost()).toContainEqual(expect.objectContaining(expected))
  expect(people[1 - at]?.lost().filter(({ id }) => id === "d")).toEqual([])
  await waitFor(() => bob.lost().some(({ to }) => to === "delete"), { what: "the late edit to be listed" })
  expect(told.some((count) => count > 0)).toBe(true)
  await people[at]?.close()
  const again = stage.open({ browser: browsers[at] ?? newBrowser() })
  await again.caughtUp()
  expect(again.lost()).toContainEqual(expect.objectContaining(expected))
  again.records.collection("datasets").settle("d", "comment")
  expect(again.lost().filter(({ id }) => id === "d")).toEqual([])
})

test("C313 wipe deletes what the browser keeps and closes the workspace in every tab; edits that only this browser has forbid it", async () => {
  const stage = await startStage()
  const world = tabWorld(1)
  const browser = newBrowser()
  const [one, two] = [stage.open({ browser, tab: world.tab() }), stage.open({ browser, tab: world.tab() })]
  await Promise.all([one.caughtUp(), two.caughtUp()])
  await one.collection("datasets").put("d", { name: "d" }).durable
  await stage.down()
  await waitFor(() => one.status.connection !== "online", { what: "offline" })
  await one.collection("datasets").put("e", { name: "e" }).stored
  await expect(one.wipe()).rejects.toMatchObject({ kind: "conflict" })
  expect(one.collection("datasets").has("e")).toBe(true)
  await one.wipe({ evenUnsent: true })
  expect(await namesIn(browser)).toEqual([])
  await expect(two.caughtUp()).rejects.toMatchObject({ kind: "closed" })
  await stage.up()
  const after = stage.open({ browser })
  await after.caughtUp()
  expect([...after.collection("datasets").ids()]).toEqual(["d"])
})

test("C314 a browser that was emptied, or lost the last of what it wrote, says so, and has what the relay has again", async () => {
  const stage = await startStage()
  const browser = newBrowser()
  const first = stage.open({ browser })
  await first.collection("datasets").put("d", { name: "d" }).durable
  await waitFor(() => first.recordStatus("datasets", "d").state === "durable", { what: "the ack" })
  await first.close()
  await new Promise((resolve) => (browser.deleteDatabase(updatesDatabaseName("w")).onsuccess = resolve))
  const faults: string[] = []
  const emptied = stage.open({ browser })
  emptied.onFault((fault) => faults.push("fault" in fault ? String(fault.fault) : fault.kind))
  await emptied.caughtUp()
  expect(faults).toEqual(["evicted"])
  expect([...emptied.collection("datasets").ids()]).toEqual(["d"])
  for (const id of ["e", "f"]) {
    const write = emptied.collection("datasets").put(id, { name: id })
    await Promise.all([write.stored, write.durable])
  }
  await waitFor(() => emptied.recordStatus("datasets", "f").state === "durable", { what: "the ack" })
  await emptied.close()
  await cutTail(browser)
  faults.length = 0
  const truncated = stage.open({ browser })
  truncated.onFault((fault) => faults.push("fault" in fault ? String(fault.fault) : fault.kind))
  await truncated.caughtUp()
  expect(faults).toEqual(["truncated"])
  expect([...truncated.collection("datasets").ids()].sort()).toEqual(["d", "e", "f"])
})

/** As after a power cut: the rows are those of an earlier moment. */
async function cutTail(browser: IDBFactory): Promise<void> {
  const database = await new Promise<IDBDatabase>((resolve) => {
    const request = browser.open(updatesDatabaseName("w"))
    request.onsuccess = () => resolve(request.result)
  })
  await new Promise((resolve) => {
    const transaction = database.transaction(["updates", "custom"], "readwrite")
    const rows = transaction.objectStore("updates")
    rows.getAllKeys().onsuccess = ({ target }) => {
      const keys = (target as IDBRequest<number[]>).result
      for (const key of keys.slice(1)) rows.delete(key)
    }
    transaction.objectStore("custom").delete("millrace.note.held")
    transaction.oncomplete = resolve
  })
  database.close()
}

test("C315 a first fetch tells how far it is, and a page that comes back asks for what came since", async () => {
  const stage = await startStage()
  const writer = stage.open()
  writer.transact(() => {
    for (let at = 0; at < 400; at += 1) writer.collection("datasets").put(`d${at}`, { name: "x".repeat(5_000) })
  })
  await writer.transact(() => {}).durable
  const browser = newBrowser()
  const reader = stage.open({ browser })
  const parts: number[] = []
  reader.onStatus(({ catchingUp }) => {
    if (catchingUp !== undefined) parts.push(catchingUp.doneBytes / catchingUp.totalBytes)
  })
  await reader.caughtUp()
  expect(reader.collection("datasets").size).toBe(400)
  expect(reader.status.catchingUp).toBeUndefined()
  for (const part of parts) expect(part).toBeLessThan(1)
  expect(parts.toSorted((a, b) => a - b)).toEqual(parts)
  await reader.close()
  const doc = new Y.Doc()
  const ports = { indexedDB: browser, clock: systemClock, random: systemRandom, onFault: () => {} }
  const store = new DocStore({ ...ports, name: updatesDatabaseName("w"), doc })
  const { notes } = await store.load(undefined)
  await store.close()
  const held = notes.get("held") as { readonly seq: number } | undefined
  // Told from time to time: never more than there is.
  if (held !== undefined) expect(held.seq).toBeLessThanOrEqual(writer.status.seq)
  await writer.collection("datasets").put("late", { name: "late" }).durable
  const again = stage.open({ browser })
  await again.caughtUp()
  expect(again.collection("datasets").size).toBe(401)
})
