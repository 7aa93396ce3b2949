import { openGate } from "./gate.ts"
import type { MillraceError } from "@millrace/ports"
import { atEndOfTests, startToxicProxy, waitFor } from "@millrace/testkit"
import { expect, test } from "vitest"
import * as Y from "yjs"
import { followLog, type FeedItem, type LogEntry, openRawDocument, watchFeed } from "../src/node/index.ts"
import { online, startStage, token } from "./stage.ts"

const asProjector = (): Promise<string> => token("projector")

function follow(url: string, afterSeq = 0, maxBufferedBytes?: number, onEntry?: (entry: LogEntry) => Promise<void>) {
  const entries: LogEntry[] = []
  const caughtUp: number[] = []
  const errors: MillraceError[] = []
  const follower = followLog({
    url,
    token: asProjector,
    workspace: "w",
    afterSeq,
    generation: 0,
    ...(maxBufferedBytes === undefined ? {} : { maxBufferedBytes }),
    onEntry: async (entry) => {
      await onEntry?.(entry)
      entries.push(entry)
    },
    onCaughtUp: ({ seq }) => void caughtUp.push(seq),
    onError: (error) => errors.push(error),
  })
  atEndOfTests(() => follower.close())
  return { entries, caughtUp, errors, follower }
}

const upTo = (count: number, after = 0): number[] => Array.from({ length: count }, (_, i) => after + i + 1)

test("C14 following a log gives every durable entry once, in order, with seq, generation, author and time", async () => {
  const stage = await startStage()
  const workspace = stage.open()
  for (let i = 0; i < 5; i += 1) await workspace.collection("datasets").put(`d${i}`, { name: "x" }).durable
  const followed = follow(stage.url)
  await waitFor(() => followed.caughtUp.length > 0, { what: "caught up" })
  expect(followed.caughtUp).toEqual([5])
  await workspace.collection("datasets").put("late", { name: "x" }).durable
  await waitFor(() => followed.entries.length === 6, { what: "the sixth entry" })
  expect(followed.entries.map(({ seq }) => seq)).toEqual(upTo(6))
  for (const entry of followed.entries) {
    expect(entry).toMatchObject({ generation: 1, author: "a write" })
    expect(Math.abs(entry.timeMs - Date.now())).toBeLessThan(60_000)
  }
  const doc = new Y.Doc()
  for (const { update } of followed.entries) Y.applyUpdate(doc, update)
  expect(doc.getArray("datasets").length).toBe(6)

  const rest = follow(stage.url, 4)
  await waitFor(() => rest.caughtUp.length > 0, { what: "caught up from 4" })
  expect(rest.entries.map(({ seq }) => seq)).toEqual([5, 6])
})

test("C14 following goes on where it was over lost connections and a relay that restarts", async () => {
  const stage = await startStage()
  const proxy = await startToxicProxy({ target: { port: stage.port } })
  const workspace = stage.open()
  const followed = follow(`http://127.0.0.1:${proxy.port}`)
  for (let round = 0; round < 6; round += 1) {
    await workspace.collection("datasets").put(`d${round}`, { name: "x" }).durable
    if (round === 2) {
      await stage.down()
      await stage.up()
    } else proxy.resetAll()
  }
  await waitFor(() => followed.entries.length === 6, { what: "all entries" })
  expect(followed.entries.map(({ seq }) => seq)).toEqual(upTo(6))
  expect(followed.errors.every(({ retry }) => retry !== "never")).toBe(true)
})

test("C14 a slow reader holds back a bounded number of bytes, and misses nothing", async () => {
  const stage = await startStage()
  const workspace = stage.open()
  for (let i = 0; i < 40; i += 1)
    await workspace.collection("datasets").put(`d${i}`, { name: "x".repeat(1_000) }).durable
  const gate = openGate()
  let running = 0
  const followed = follow(stage.url, 0, 4_000, async ({ seq }) => {
    running += 1
    expect(running).toBe(1)
    if (seq === 1) await gate.promise
    running -= 1
  })
  await waitFor(() => running === 1, { what: "the first entry" })
  gate.resolve()
  await waitFor(() => followed.entries.length === 40, { what: "all entries" })
  expect(followed.entries.map(({ seq }) => seq)).toEqual(upTo(40))
})

test("C14 a throw in onEntry, a refusal for good and close end the following, and say so", async () => {
  const stage = await startStage()
  const workspace = stage.open()
  for (let i = 0; i < 3; i += 1) await workspace.collection("datasets").put(`d${i}`, { name: "x" }).durable
  const thrown = follow(stage.url, 0, undefined, ({ seq }) =>
    seq === 2 ? Promise.reject(new Error("disk")) : Promise.resolve(),
  )
  await waitFor(() => thrown.errors.length > 0, { what: "the error" })
  expect(thrown.errors[0]).toMatchObject({ retry: "never", message: "disk" })
  expect(thrown.entries.map(({ seq }) => seq)).toEqual([1])

  const ahead = follow(stage.url, 99)
  await waitFor(() => ahead.errors.length > 0, { what: "the refusal" })
  expect(ahead.errors[0]).toMatchObject({ kind: "conflict", retry: "never" })

  const closed = follow(stage.url)
  closed.follower.close()
  closed.follower.close()
  await online(workspace)
  expect(closed.entries).toEqual([])
})

test("C15 the feed tells each workspace with its seq, at every connection and at every append", async () => {
  const stage = await startStage()
  const items: FeedItem[] = []
  let connected = 0
  const feed = watchFeed({
    url: stage.url,
    token: asProjector,
    onItem: (item) => items.push(item),
    onConnected: () => (connected += 1),
  })
  atEndOfTests(() => feed.close())
  const one = stage.open({ name: "one" })
  await one.collection("datasets").put("d", { name: "x" }).durable
  await waitFor(() => items.some(({ workspace, seq }) => workspace === "one" && seq === 1), { what: "one" })
  await stage.down()
  await stage.up()
  await waitFor(() => connected === 2, { what: "the second connection" })
  await stage.open({ name: "two" }).collection("datasets").put("d", { name: "x" }).durable
  await waitFor(() => items.some(({ workspace }) => workspace === "two"), { what: "two" })
  expect(items.every(({ generation }) => generation === 1)).toBe(true)
})

test("C16 a raw document's flush resolves once its updates are in the log, also those made before it was opened", async () => {
  const stage = await startStage()
  const doc = new Y.Doc()
  doc.getMap("m").set("before", 1)
  const raw = openRawDocument({ url: stage.url, token: asProjector, workspace: "w~status", doc })
  atEndOfTests(() => raw.close())
  const inLog = async (): Promise<unknown> => {
    const kept = new Y.Doc()
    for await (const entry of stage.store.read("log/w~status@1", 0)) Y.applyUpdate(kept, entry.payload)
    return kept.getMap("m").toJSON()
  }
  expect(await raw.flushed()).toBe(1)
  expect(await inLog()).toEqual({ before: 1 })
  doc.getMap("m").set("after", 2)
  const seq = await raw.flushed()
  expect(seq).toBe(2)
  expect(await inLog()).toEqual({ before: 1, after: 2 })
  expect(await raw.flushed()).toBe(seq)
  await stage.down()
  doc.getMap("m").set("offline", 3)
  const later = raw.flushed()
  await stage.up()
  await later
  expect(await inLog()).toEqual({ before: 1, after: 2, offline: 3 })
  doc.getMap("m").set("late", 4)
  raw.close()
  raw.close()
  await expect(raw.flushed()).rejects.toMatchObject({ kind: "closed" })
})

test("C16 a raw document that may not be opened rejects", async () => {
  const stage = await startStage()
  const doc = new Y.Doc()
  const raw = openRawDocument({ url: stage.url, token: () => token("nobody"), workspace: "w", doc })
  atEndOfTests(() => raw.close())
  await expect(raw.synced).rejects.toMatchObject({ kind: "forbidden" })
  await expect(raw.flushed()).rejects.toMatchObject({ kind: "forbidden" })
})

test("C17 everything that names one relay and one token source shares a socket", async () => {
  const stage = await startStage()
  const proxy = await startToxicProxy({ target: { port: stage.port } })
  const url = `http://127.0.0.1:${proxy.port}`
  const source = (): Promise<string> => token("projector")
  const workspaces = ["one", "two"].map((name) => stage.open({ url, name, token: source }))
  for (const workspace of workspaces) await online(workspace)
  const raw = openRawDocument({ url, token: source, workspace: "one~status", doc: new Y.Doc() })
  await raw.synced
  const followed = followLog({ url, token: source, workspace: "one", afterSeq: 0, generation: 0, onEntry: () => {} })
  expect(proxy.connections).toBe(1)
  const other = stage.open({ url, name: "one" })
  await online(other)
  expect(proxy.connections).toBe(2)
  followed.close()
  raw.close()
  for (const workspace of workspaces) await workspace.close()
  await waitFor(() => proxy.connections === 1, { what: "the shared socket to end" })
})
