import { systemClock } from "@millrace/ports"
import { fakeClock, waitFor } from "@millrace/testkit"
import { expect, test } from "vitest"
import { WebSocket } from "ws"
import * as Y from "yjs"
import { syncFrame } from "../src/room/frame.ts"
import { connect, RawClient, RawReplica } from "./support/raw-client.ts"
import { openGatedStore, startTestRelay } from "./support/relay.ts"
import { stockClient, syncedStockClient } from "./support/stock-client.ts"

test("R28 what waits for a replica that does not read is dropped at the limit; when it reads again it gets what it lacks, on the same socket", async () => {
  const { ws, http, token } = await startTestRelay({ limits: { maxBufferedBytes: 200_000 } })
  const good = await token({ w: "write" })
  const writer = await connect(ws, good, "w")
  const slow = await connect(ws, good, "w")
  const stock = await syncedStockClient(ws, "w", good)
  const stockSocket = stock.provider.ws as unknown as { pause(): void; resume(): void }
  const stockCloses: unknown[] = []
  stock.provider.on("connection-close", (event) => stockCloses.push(event))
  slow.client.socket.pause()
  stockSocket.pause()
  const reader = await connect(ws, good, "w")
  const text = writer.doc.getText("t")
  for (let n = 0; n < 60; n++) {
    writer.doc.getMap("m").set("x", `${n} ${"x".repeat(200_000)}`)
    text.insert(0, `${n},`)
    if (n % 3 === 0) text.delete(0, 1)
    if (n % 10 === 0) await writer.durable()
  }
  const seq = await writer.durable()
  const metrics = await (await fetch(`${http}/metrics`)).text()
  expect(Number(/^millrace_relay_slow_consumers_total (\d+)$/m.exec(metrics)?.[1])).toBeGreaterThanOrEqual(2)
  slow.client.socket.resume()
  stockSocket.resume()
  for (const { doc } of [reader, slow, stock]) {
    await waitFor(() => doc.getText("t").toJSON() === text.toJSON(), { what: "all edits to arrive" })
    expect(doc.getMap("m").get("x")).toBe(writer.doc.getMap("m").get("x"))
    expect(doc.store.pendingStructs).toBeNull()
    expect(doc.store.pendingDs).toBeNull()
  }
  // Far fewer frames than edits, counted as sent, on sockets that were never closed.
  expect(slow.received).toBeLessThan(130)
  await slow.client.hear("durable", (one) => one.sent === slow.received && one.seq >= seq)
  expect(slow.client.closed).toBeUndefined()
  expect(stockCloses).toEqual([])
  const back = text.length
  slow.doc.getText("t").insert(0, "and on")
  await slow.durable()
  await waitFor(() => text.length === back + 6, { what: "the slow one to write on" })
}, 60_000)

test("R28 the answer to a joiner may be larger than what a slow socket may leave waiting", async () => {
  const { ws, token } = await startTestRelay({ limits: { maxBufferedBytes: 50_000 } })
  const writer = await connect(ws, await token({ w: "write" }), "w")
  for (let n = 0; n < 30; n++) writer.doc.getMap("m").set(`k${n}`, "x".repeat(100_000))
  await writer.durable()
  const joiners = await Promise.all([1, 2, 3].map(async () => connect(ws, await token({ w: "read" }), "w")))
  for (const joiner of joiners) expect(joiner.doc.getMap("m").size).toBe(30)
  const stock = await syncedStockClient(ws, "w", await token({ w: "read" }))
  expect(stock.doc.getMap("m").size).toBe(30)
})

test("R29 connections and channels beyond their limits are refused with a kind and a time to come back", async () => {
  const { ws, token } = await startTestRelay({ limits: { maxConnections: 2, maxChannelsPerSocket: 3 } })
  const good = await token({ "*": "write" })
  const client = new RawClient(ws, good)
  await client.hear("hello")
  for (let channel = 1; channel <= 4; channel++) client.open(channel, `w${channel}`)
  expect(await client.hear("error")).toMatchObject({ channel: 4, kind: "rate-limited", retry: { afterMs: 1000 } })
  await client.hear("opened", ({ channel }) => channel === 3)
  const second = new RawClient(ws, good)
  await second.hear("hello")
  const status = await new Promise((resolve) => {
    const third = new WebSocket(`${ws}/w?token=${good}`)
    third.on("error", () => {})
    third.on("unexpected-response", (_request, response) => {
      resolve([response.statusCode, response.headers["retry-after"]])
      response.resume()
    })
  })
  expect(status).toEqual([503, "2"])
  second.socket.close()
  await second.closing()
  const stock = stockClient(ws, "w", good)
  await waitFor(() => stock.provider.synced, { what: "a freed place" })
})

test("R29 awareness that is too large, or speaks for too many, ends its sender; what does not decode too", async () => {
  const { ws, token } = await startTestRelay({ limits: { maxAwarenessBytes: 1000, maxAwarenessClients: 3 } })
  const good = await token({ w: "read" })
  const presence = (clients: readonly number[], state: string): Uint8Array => {
    const bytes = clients.flatMap((client) => [client, 1, state.length, ...Buffer.from(state)])
    return Uint8Array.from([1, bytes.length + 1, clients.length, ...bytes])
  }
  const cases = [
    [Uint8Array.from([1, ...new Uint8Array(1000)]), "too-large"],
    [presence([1, 2, 3, 4], "{}"), "rate-limited"],
    [Uint8Array.from([1, 3, 2, 1, 1]), "corrupt"],
  ] as const
  for (const [frame, kind] of cases) {
    const replica = await connect(ws, good, "w")
    replica.send(frame)
    expect(await replica.client.hear("error")).toMatchObject({ channel: 1, kind })
  }
  const replica = await connect(ws, good, "w")
  replica.send(presence([1, 2, 3], "{}"))
  await replica.client.hear("data", ({ payload }) => payload[0] === 1)
})

test("R30 a peer of which nothing is heard for two pings is dropped, one that answers stays", async () => {
  const clock = fakeClock(Date.now())
  const { ws, token, relay } = await startTestRelay({ clock })
  const good = await token({ w: "write" })
  const silent = new WebSocket(`${ws}/w?token=${good}`, { autoPong: false })
  await new Promise<void>((resolve) => silent.once("open", () => resolve()))
  let gone = false
  silent.once("close", () => (gone = true))
  const alive = new RawClient(ws, good)
  expect(await alive.hear("hello")).toMatchObject({ pingMs: 15_000 })
  for (let round = 0; round < 4; round++) {
    const pinged = new Promise<void>((resolve) => alive.socket.once("ping", () => resolve()))
    clock.advance(15_000)
    await pinged
    alive.send({ type: "ping", nonce: round })
    await alive.hear("pong", ({ nonce }) => nonce === round)
  }
  await waitFor(() => gone, { what: "the silent one to be dropped" })
  expect(alive.closed).toBeUndefined()
  silent.terminate()
  expect(relay.port).toBeGreaterThan(0)
})

test("R31 while the disk is behind its limit the senders are not read, and nothing is lost", async () => {
  const store = await openGatedStore()
  const { ws, token } = await startTestRelay({ store, limits: { maxPendingBytes: 100_000 } })
  const writer = await connect(ws, await token({ w: "write" }), "w")
  store.shut()
  for (let n = 0; n < 20; n++) writer.doc.getMap("m").set(`k${n}`, "x".repeat(20_000))
  await waitFor(() => store.appends === 1, { what: "the append" })
  writer.client.send({ type: "ping", nonce: 1 })
  const other = await connect(ws, await token({ "*": "write" }), "other")
  expect(other.synced).toBe(true)
  expect(writer.client.heard.some(({ type }) => type === "pong")).toBe(false)
  store.open()
  await writer.durable()
  await writer.client.hear("pong")
})

test("R32 an idle workspace leaves memory and comes back whole; one that is joined again or not yet durable stays", async () => {
  const store = await openGatedStore()
  const clock = fakeClock(Date.now())
  const { ws, token } = await startTestRelay({ store, clock, limits: { idleRoomMs: 1000, pingMs: 1_000_000 } })
  const good = await token({ w: "write" })
  const writer = await connect(ws, good, "w")
  store.shut()
  writer.doc.getMap("m").set("x", 1)
  writer.client.send({ type: "ping", nonce: 1 })
  await writer.client.hear("pong")
  clock.advance(5)
  await waitFor(() => store.appends === 1, { what: "the append" })
  writer.client.socket.terminate()
  await waitFor(() => clock.pending > 0, { what: "the idle timer" })
  clock.advance(1500)
  // The edit is not durable yet: a reader must still find it.
  const reader = await connect(ws, good, "w")
  expect(reader.doc.getMap("m").toJSON()).toEqual({ x: 1 })
  store.open()
  reader.client.socket.terminate()
  await waitFor(async () => (await store.head("log/w@1")) === 1, { what: "the edit on disk" })
  clock.advance(5000)
  const late = await connect(ws, good, "w")
  expect(late.doc.getMap("m").toJSON()).toEqual({ x: 1 })
})

test("R33 what the projector writes reaches nobody before it is durable, neither by broadcast nor by joining", async () => {
  const store = await openGatedStore()
  const { ws, token } = await startTestRelay({ store, clock: systemClock })
  const reader = await connect(ws, await token({ w: "write" }), "w")
  const writeBack = new Y.Doc()
  writeBack.clientID = 9
  const projector = await connect(ws, await token({ w: "projector" }), "w", writeBack)
  await projector.durable()
  store.shut()
  projector.send(syncFrame("update", new Uint8Array([0, 0])))
  writeBack.getMap("m").set("x", 1)
  await waitFor(() => store.appends === 1, { what: "the append" })
  const joining = new RawReplica(new RawClient(ws, await token({ w: "write" })), 1, "w")
  const joined = joining.open()
  await joining.client.hear("opened")
  joining.client.send({ type: "ping", nonce: 1 })
  await joining.client.hear("pong")
  expect(joining.synced).toBe(false)
  expect(reader.doc.getMap("m").size).toBe(0)
  store.open()
  await joined
  expect(joining.doc.getMap("m").get("x")).toBe(1)
  await waitFor(() => reader.doc.getMap("m").get("x") === 1, { what: "the broadcast after the flush" })
})
