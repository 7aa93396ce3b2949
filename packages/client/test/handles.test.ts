import { reservedClientIds } from "@millrace/model"
import { readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { waitFor } from "@millrace/testkit"
import { expect, test } from "vitest"
import * as Y from "yjs"
import { openProjectorHand } from "./projector-hand.ts"
import { newBrowser, online, startStage } from "./stage.ts"

test("C18 a write's handle tells stored, durable and what the target said, once each is so", async () => {
  const stage = await startStage()
  const hand = await openProjectorHand(stage)
  await hand.watermark(0)
  const workspace = stage.open({ browser: newBrowser() })
  const datasets = workspace.collection("datasets")
  const good = datasets.put("good", { name: "x" })
  const bad = datasets.put("bad", { name: "x" })
  await Promise.all([good.stored, bad.stored])
  const { seq } = await bad.durable
  const outcome = good.outcome("flume")
  const accepted = good.accepted("flume")
  const refused = bad.accepted("flume")
  await hand.except("bad", "rejected", seq)
  expect(await bad.outcome("flume")).toEqual({ target: "flume", state: "rejected", reason: "not liked", seq })
  await expect(refused).rejects.toMatchObject({
    kind: "invalid",
    message: expect.stringContaining("not liked") as string,
  })
  await hand.watermark(seq)
  expect(await outcome).toMatchObject({ state: "accepted", reason: undefined })
  expect((await accepted).target).toBe("flume")
})

test("C18 a transaction is one update with one handle, over all its records", async () => {
  const stage = await startStage()
  const hand = await openProjectorHand(stage)
  await hand.watermark(0)
  const workspace = stage.open()
  const datasets = workspace.collection("datasets")
  let updates = 0
  workspace.doc.on("update", () => (updates += 1))
  const inner: Promise<unknown>[] = []
  const handle = workspace.transact(() => {
    for (const id of ["a", "b", "c"]) inner.push(datasets.put(id, { name: id }).durable)
  })
  expect(updates).toBe(1)
  const { seq } = await handle.durable
  expect(await Promise.all(inner)).toEqual([{ seq }, { seq }, { seq }])
  await hand.except("b", "conflict", seq)
  expect(await handle.outcome("flume")).toMatchObject({ state: "conflict" })
})

test("C18 a transaction over 10,000 records costs what its records cost, handles included", async () => {
  const stage = await startStage()
  const workspace = stage.open()
  const datasets = workspace.collection("datasets")
  const handle = workspace.transact(() => {
    for (let i = 0; i < 10_000; i += 1) datasets.put(`d${i}`, { name: "x" })
  })
  expect(await handle.durable).toEqual({ seq: 1 })
  expect(workspace.status.waiting).toBe(0)
})

test("C18 a write that changes nothing answers at once with what there is; one that throws has no handle and writes nothing", async () => {
  const stage = await startStage()
  const workspace = stage.open({ browser: newBrowser() })
  const datasets = workspace.collection("datasets")
  const { seq } = await datasets.put("a", { name: "a" }).durable
  const again = datasets.put("a", { name: "a" })
  await again.stored
  expect(await again.durable).toEqual({ seq })
  expect(() => datasets.put("b", { name: 7 as never })).toThrow(expect.objectContaining({ kind: "invalid" }))
  expect(() => datasets.update("none", { name: "x" })).toThrow(expect.objectContaining({ kind: "not-found" }))
  expect([...datasets.ids()]).toEqual(["a"])
  expect(workspace.status.waiting).toBe(0)
})

test("C18 without IndexedDB, stored is durable", async () => {
  const stage = await startStage()
  await stage.down()
  const workspace = stage.open()
  expect(workspace.status.storage).toBe("memory")
  let stored = false
  const write = workspace.collection("datasets").put("a", { name: "a" })
  void write.stored.then(() => (stored = true))
  await workspace.ready
  expect(stored).toBe(false)
  await stage.up()
  await write.durable
  await write.stored
  expect(stored).toBe(true)
})

test("C22 close flushes what was written, ends every promise, and can be called again", async () => {
  const stage = await startStage()
  await stage.down()
  const browser = newBrowser()
  const workspace = stage.open({ browser })
  const write = workspace.collection("datasets").put("a", { name: "a" })
  const asked = write.accepted("flume")
  await Promise.all([workspace.close(), workspace.close()])
  await write.stored
  await expect(write.durable).rejects.toMatchObject({ kind: "closed" })
  await expect(asked).rejects.toMatchObject({ kind: "closed" })
  const again = stage.open({ browser })
  await again.ready
  expect(again.collection("datasets").has("a")).toBe(true)
  expect(again.status.waiting).toBe(1)
})

test("C22 a page that goes away at any moment after stored loses neither the write nor its waiting", async () => {
  const stage = await startStage()
  await stage.down()
  const browser = newBrowser()
  const left = stage.open({ browser })
  await left.collection("datasets").put("a", { name: "a" }).stored
  // Nothing of the first is closed or flushed: the second finds what a killed page leaves.
  const next = stage.open({ browser })
  await next.ready
  expect(next.collection("datasets").has("a")).toBe(true)
  expect(next.recordStatus("datasets", "a").state).toBe("waiting")
})

test("C20 a session that draws a reserved client id draws another before its first write", async () => {
  const stage = await startStage()
  const drawn = new WeakMap<Y.Doc, number>()
  // Yjs draws by assigning in its constructor: the first one given to each document is made a reserved one.
  Object.defineProperty(Y.Doc.prototype, "clientID", {
    configurable: true,
    get(this: Y.Doc) {
      return drawn.get(this)
    },
    set(this: Y.Doc, id: number) {
      drawn.set(this, drawn.has(this) ? id : 7)
    },
  })
  try {
    expect(new Y.Doc().clientID).toBe(7)
    const workspace = stage.open()
    expect(workspace.doc.clientID).toBeGreaterThanOrEqual(reservedClientIds)
    expect(await workspace.collection("datasets").put("a", { name: "a" }).durable).toEqual({ seq: 1 })
    await workspace.close()
  } finally {
    Reflect.deleteProperty(Y.Doc.prototype, "clientID")
  }
})

test("C22 a document whose client id Yjs changed under way closes like any other", async () => {
  const stage = await startStage()
  const workspace = stage.open()
  await online(workspace)
  workspace.doc.clientID += 1
  await workspace.close()
})

test("C25 a browser without room goes on in memory and with the relay, and says so", async () => {
  const stage = await startStage()
  const broken = {
    open: () => {
      throw new DOMException("The storage is broken.", "UnknownError")
    },
  } as unknown as ReturnType<typeof newBrowser>
  const workspace = stage.open({ browser: broken })
  const faults: string[] = []
  workspace.onFault((fault) => faults.push(fault.kind))
  const write = workspace.collection("datasets").put("a", { name: "a" })
  await expect(workspace.ready).rejects.toMatchObject({ kind: "storage" })
  await expect(write.stored).rejects.toMatchObject({ kind: "storage" })
  expect((await write.durable).seq).toBe(1)
  await online(workspace)
  expect(workspace.status).toMatchObject({ storage: "failed", waiting: 0, lastError: { kind: "storage" } })
  expect(faults).toContain("storage")
  expect(workspace.recordStatus("datasets", "a").state).toBe("durable")
})

test("C24 listeners hear of changes at most once a tick, also after one of them threw", async () => {
  const stage = await startStage()
  const workspace = stage.open()
  const told: number[] = []
  const records: string[] = []
  const faults: string[] = []
  workspace.onFault(({ kind }) => faults.push(kind))
  workspace.onStatus(() => {
    throw new Error("a listener's own trouble")
  })
  const end = workspace.onStatus(({ waiting }) => told.push(waiting))
  workspace.onRecordStatus((changed) => records.push(...(changed ?? []).map(({ id }) => id)))
  for (const id of ["a", "b", "c"]) workspace.collection("datasets").put(id, { name: id })
  expect(told).toEqual([])
  await Promise.resolve()
  expect(told).toEqual([3])
  expect(new Set(records)).toEqual(new Set(["a", "b", "c"]))
  expect(faults).toEqual(["bug"])
  await waitFor(() => told.at(-1) === 0, { what: "nothing waiting" })
  end()
  const before = told.length
  await workspace.collection("datasets").put("d", { name: "d" }).durable
  expect(told.length).toBe(before)
})

test("C21 the browser's entry reaches no Node module", () => {
  const source = join(import.meta.dirname, "../src")
  const seen = new Set<string>()
  const outside = new Set<string>()
  const visit = (path: string): void => {
    if (seen.has(path)) return
    seen.add(path)
    for (const match of readFileSync(path, "utf8").matchAll(/from "([^"]+)"/g)) {
      const to = match[1] ?? ""
      if (to.startsWith(".")) visit(join(dirname(path), to))
      else outside.add(to)
    }
  }
  visit(join(source, "index.ts"))
  expect([...seen].filter((path) => path.includes("/node/"))).toEqual([])
  expect([...outside].filter((name) => name === "ws" || name.startsWith("node:"))).toEqual([])
})
