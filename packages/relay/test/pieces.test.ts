import { startToxicProxy, type ToxicProxy, waitFor } from "@millrace/testkit"
import { expect, test } from "vitest"
import * as Y from "yjs"
import { syncFrame } from "../src/room/frame.ts"
import { connect, RawClient, RawReplica } from "./support/raw-client.ts"
import { startTestRelay, type TestRelay } from "./support/relay.ts"
import { stockClient } from "./support/stock-client.ts"

const totalBytes = 1_500_000
const keys = totalBytes / 5000
/** A link that carries all of it in three seconds: 20 MB over 1 Mbit/s, scaled. */
const bytesPerSecond = 500_000

async function filled(relay: TestRelay): Promise<RawReplica> {
  const writer = await connect(relay.ws, await relay.token({ w: "write" }), "w")
  for (let n = 0; n < keys; n++) writer.doc.getMap("m").set(`k${n}`, `${n} `.repeat(2000).slice(0, 5000))
  await writer.durable()
  return writer
}

async function slowWay(relay: TestRelay): Promise<{ proxy: ToxicProxy; ws: string }> {
  const proxy = await startToxicProxy({ target: { port: relay.relay.port }, toxics: { bytesPerSecond } })
  return { proxy, ws: `ws://127.0.0.1:${proxy.port}/sync` }
}

const sizeOf = (doc: Y.Doc): number => doc.getMap("m").size

test("R231 over a slow link a client of millrace.v1 hears how far it is, and after a cut goes on where it was", async () => {
  const relay = await startTestRelay()
  await filled(relay)
  const { proxy, ws } = await slowWay(relay)
  const good = await relay.token({ w: "read" })
  const first = new RawReplica(new RawClient(ws, good), 1, "w")
  void first.open().catch(() => {})
  await waitFor(() => sizeOf(first.doc) > keys / 2, { what: "half of the workspace", everyMs: 2, deadlineMs: 30_000 })
  proxy.resetAll()
  await first.client.closing()
  const had = sizeOf(first.doc)
  expect(had).toBeLessThan(keys)
  expect(first.doc.store.pendingStructs).toBeNull()
  const told = first.client.heard.filter((one) => one.type === "progress")
  expect(told.length).toBeGreaterThan(2)
  for (const [at, one] of told.entries()) {
    expect(one.totalBytes).toBeGreaterThan(totalBytes * 0.95)
    expect(one.doneBytes).toBeGreaterThan(at === 0 ? -1 : (told[at - 1]?.doneBytes ?? 0))
  }
  const before = proxy.bytesDown
  const again = await new RawReplica(new RawClient(ws, good), 1, "w", first.doc).open()
  expect(sizeOf(again.doc)).toBe(keys)
  expect(proxy.bytesDown - before).toBeLessThan(totalBytes * (1 - had / keys) + 200_000)
}, 60_000)

test("R231 a stock client gets plain updates before step 2, and after a cut the rest alone", async () => {
  const relay = await startTestRelay()
  await filled(relay)
  const { proxy, ws } = await slowWay(relay)
  const { doc, provider } = stockClient(ws, "w", await relay.token({ w: "read" }))
  await waitFor(() => sizeOf(doc) > keys / 2, { what: "half of the workspace", everyMs: 2, deadlineMs: 30_000 })
  expect(provider.synced).toBe(false)
  proxy.resetAll()
  const had = sizeOf(doc)
  const before = proxy.bytesDown
  await waitFor(() => provider.synced && sizeOf(doc) === keys, { what: "the rest", everyMs: 5, deadlineMs: 30_000 })
  expect(doc.store.pendingStructs).toBeNull()
  expect(proxy.bytesDown - before).toBeLessThan(totalBytes * (1 - had / keys) + 200_000)
}, 60_000)

test("R232 who resumes by seq gets what came since and nothing else; where its copy does not agree, what it lacks", async () => {
  const relay = await startTestRelay()
  const writer = await filled(relay)
  const good = await relay.token({ w: "write" })
  const reader = await connect(relay.ws, good, "w")
  for (let n = 0; n < 200; n++) writer.doc.getMap("m").delete(`k${n}`)
  const seq = await writer.durable()
  const { seq: complete } = await reader.client.hear("caughtUp", (one) => one.seq >= seq)
  reader.client.socket.terminate()
  writer.doc.getMap("m").set("late", 1)
  writer.doc.getMap("m").delete("k299")
  await writer.durable()

  const resume = async (doc: Y.Doc): Promise<number> => {
    const client = new RawClient(relay.ws, good)
    await client.hear("hello")
    client.open(1, "w", { afterSeq: complete })
    await client.hear("opened")
    const bytes = (): number =>
      client.heard.reduce((sum, one) => sum + (one.type === "data" ? one.payload.length : 0), 0)
    client.send({ type: "data", channel: 1, payload: syncFrame("step1", Y.encodeStateVector(doc)) })
    await client.hear("data", ({ payload }) => payload[0] === 0 && payload[1] === 1)
    for (const one of client.heard) {
      if (one.type !== "data" || one.payload[0] !== 0 || one.payload[1] === 0) continue
      const replica = one.payload.subarray(2)
      Y.applyUpdate(doc, Y.mergeUpdates([payloadIn(replica)]))
    }
    client.socket.terminate()
    return bytes()
  }
  // All deletions of the workspace would be more than this.
  expect(await resume(reader.doc)).toBeLessThan(200)
  expect(reader.doc.getMap("m").toJSON()).toEqual(writer.doc.getMap("m").toJSON())
  const empty = new Y.Doc()
  expect(await resume(empty)).toBeGreaterThan(100_000)
  expect(empty.getMap("m").toJSON()).toEqual(writer.doc.getMap("m").toJSON())
})

function payloadIn(bytes: Uint8Array): Uint8Array {
  let at = 0
  while ((bytes[at] ?? 0) >= 128) at += 1
  return bytes.subarray(at + 1)
}
