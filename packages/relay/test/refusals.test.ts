import { encodeClientMessage } from "@millrace/protocol"
import { seededRandom, waitFor } from "@millrace/testkit"
import { expect, test } from "vitest"
import { WebSocket } from "ws"
import * as Y from "yjs"
import { syncFrame } from "../src/room/frame.ts"
import { connect, RawClient, RawReplica } from "./support/raw-client.ts"
import { startTestRelay, updatesIn } from "./support/relay.ts"
import { syncedStockClient } from "./support/stock-client.ts"

function updateOf(clientId: number, value: string): Uint8Array {
  const doc = new Y.Doc()
  doc.clientID = clientId
  doc.getMap("m").set("x", value)
  return Y.encodeStateAsUpdate(doc)
}

/** A stock client's socket without the provider, to send what a provider would not. */
async function bareSocket(url: string): Promise<{ socket: WebSocket; closing: () => Promise<number> }> {
  const socket = new WebSocket(url)
  let code: number | undefined
  socket.on("error", () => {})
  socket.on("close", (closed) => (code = closed))
  await new Promise<void>((resolve) => socket.once("open", () => resolve()))
  return { socket, closing: () => waitFor(() => code, { what: "the socket to close" }) }
}

test("R11 an update that does not decode ends its sender for good; others go on and nothing of it is kept", async () => {
  const { ws, token, store } = await startTestRelay()
  const good = await token({ w: "write" })
  const bystander = await syncedStockClient(ws, "w", good)
  const bad = [
    new Uint8Array([1, 1, 1]),
    new Uint8Array([0, 0, 7]),
    updateOf(70_000, "cut").slice(0, -3),
    new Uint8Array([1, 200, 200, 200, 1, 0]),
  ]
  for (const update of bad) {
    const own = await connect(ws, good, "w")
    own.send(syncFrame("update", update))
    expect(await own.client.hear("error")).toMatchObject({ channel: 1, kind: "corrupt", retry: "never" })
    // The socket's other channels are not to blame.
    expect(await new RawReplica(own.client, 2, "w").open()).toMatchObject({ synced: true })
    const { socket, closing } = await bareSocket(`${ws}/w?token=${good}`)
    socket.send(syncFrame("update", update))
    expect(await closing()).toBe(4415)
  }
  const noFrame = await bareSocket(`${ws}/w?token=${good}`)
  noFrame.socket.send(new Uint8Array([0, 2, 99, 1]))
  expect(await noFrame.closing()).toBe(4415)
  expect(bystander.provider.wsconnected).toBe(true)
  expect(await store.head("log/w@1")).toBe(0)
})

test("R11 bytes that are no message of millrace.v1 end the socket for good, and the error says so first", async () => {
  const { ws, token } = await startTestRelay()
  const client = new RawClient(ws, await token({ w: "write" }))
  await client.hear("hello")
  client.socket.send(new Uint8Array([200, 1, 2]))
  expect(await client.hear("error")).toMatchObject({ channel: 0, kind: "corrupt" })
  expect(await client.closing()).toMatchObject({ code: 4415 })
})

test("R12 new content under a reserved client id is refused unless the token's role is projector", async () => {
  const { ws, token, store } = await startTestRelay()
  const writer = await connect(ws, await token({ w: "admin" }), "w")
  writer.send(syncFrame("update", updateOf(65_535, "reserved")))
  expect(await writer.client.hear("error")).toMatchObject({ channel: 1, kind: "reserved", retry: "never" })
  const { socket, closing } = await bareSocket(`${ws}/w?token=${await token({ w: "write" })}`)
  socket.send(syncFrame("update", updateOf(1, "reserved")))
  expect(await closing()).toBe(4422)
  expect(await store.head("log/w@1")).toBe(0)

  const projector = await connect(ws, await token({ w: "projector" }), "w")
  projector.send(syncFrame("update", updateOf(7, "written back")))
  await projector.durable()
  // Once it is there, a replica that has it may say it again and build on it.
  const other = await connect(ws, await token({ w: "write" }), "w")
  expect(other.doc.getMap("m").get("x")).toBe("written back")
  other.send(syncFrame("step2", Y.encodeStateAsUpdate(other.doc)))
  other.doc.getMap("m").set("x", "by hand")
  await other.durable()
  expect(await store.head("log/w@1")).toBe(2)
})

test("R13 a message over the limit is refused for good, in one piece or in parts, and never becomes an endless reconnect", async () => {
  const { ws, token, store } = await startTestRelay({ limits: { maxMessageBytes: 10_000, maxPartBytes: 1000 } })
  const good = await token({ w: "write" })
  const large = syncFrame("update", updateOf(70_000, "x".repeat(10_001)))
  const whole = new RawClient(ws, good)
  expect(await whole.hear("hello")).toMatchObject({ maxMessageBytes: 10_000, maxPartBytes: 1000 })
  whole.open(1, "w")
  await whole.hear("opened")
  whole.send({ type: "data", channel: 1, payload: large })
  expect(await whole.hear("error")).toMatchObject({ channel: 0, kind: "too-large", retry: "never" })
  expect(await whole.closing()).toMatchObject({ code: 4413 })

  const parts = new RawClient(ws, good)
  await parts.hear("hello")
  for (let part = 0; part < 11; part++) parts.send({ type: "part", last: false, bytes: new Uint8Array(1000) })
  expect(await parts.hear("error")).toMatchObject({ channel: 0, kind: "too-large" })
  expect(await parts.closing()).toMatchObject({ code: 4413 })

  for (const bytes of [10_001, 100_000]) {
    const { socket, closing } = await bareSocket(`${ws}/w?token=${good}`)
    socket.send(new Uint8Array(bytes))
    expect(await closing(), String(bytes)).toBe(4413)
  }
  expect(await store.head("log/w@1")).toBe(0)
})

test("R13 a message of the allowed size arrives in parts, and comes out in parts", async () => {
  const { ws, token } = await startTestRelay({ limits: { maxMessageBytes: 100_000, maxPartBytes: 1000 } })
  const good = await token({ w: "write" })
  const writer = new RawClient(ws, good)
  await writer.hear("hello")
  writer.open(1, "w")
  await writer.hear("opened")
  const frame = syncFrame("update", updateOf(70_000, "x".repeat(50_000)))
  const message = encodeClientMessage({ type: "data", channel: 1, payload: frame })
  for (let at = 0; at < message.length; at += 1000) {
    writer.send({ type: "part", last: at + 1000 >= message.length, bytes: message.subarray(at, at + 1000) })
  }
  await writer.hear("durable", (one) => one.received === 1)
  const reader = await connect(ws, good, "w")
  expect(String(reader.doc.getMap("m").get("x")).length).toBe(50_000)

  const mixed = new RawClient(ws, good)
  await mixed.hear("hello")
  mixed.send({ type: "part", last: false, bytes: new Uint8Array(10) })
  mixed.send({ type: "ping", nonce: 1 })
  expect(await mixed.closing()).toMatchObject({ code: 4415 })
})

test("R14 mutated frames never stop the relay, and whatever it keeps loads into a document", async () => {
  const random = seededRandom()
  const { ws, token, store } = await startTestRelay()
  const good = await token({ w: "write" })
  const bystander = await connect(ws, good, "w")
  const source = new Y.Doc()
  source.clientID = 100_000
  const text = source.getText("t")
  const frames: Uint8Array[] = []
  source.on("update", (update: Uint8Array) => frames.push(syncFrame("update", update)))
  for (let n = 0; n < 60; n++) {
    if (text.length > 5 && random.chance(0.3)) text.delete(random.int(text.length - 2), 2)
    else text.insert(random.int(text.length + 1), random.pick(["a", "bc", "déf", "👍"]))
    if (random.chance(0.2)) source.getMap("m").set(String(n), { nested: [n, null, "x"] })
  }
  frames.push(syncFrame("step2", Y.encodeStateAsUpdate(source)), syncFrame("step1", Y.encodeStateVector(source)))
  frames.push(new Uint8Array([1, 10, 1, 160, 141, 6, 1, 4, 110, 117, 108, 108]))
  const client = new RawClient(ws, good)
  await client.hear("hello")
  for (let channel = 1; channel <= 2000; channel++) {
    const frame = Uint8Array.from(random.pick(frames))
    for (let change = random.int(4); change >= 0; change--) frame[random.int(frame.length)] = random.int(256)
    const payload = random.chance(0.2) ? frame.subarray(0, random.int(frame.length)) : frame
    client.open(channel, "w")
    await client.hear("opened", (one) => one.channel === channel)
    client.send({ type: "data", channel, payload })
    client.send({ type: "close", channel })
    client.heard.length = 0
  }
  client.send({ type: "ping", nonce: 1 })
  await client.hear("pong")
  expect(client.closed).toBeUndefined()
  bystander.doc.getMap("own").set("still", "here")
  await bystander.durable()
  const entries = await updatesIn(store, "log/w@1")
  for (const { payload } of entries) Y.decodeUpdate(payload)
  const loaded = new Y.Doc()
  Y.applyUpdate(loaded, Y.mergeUpdates(entries.map(({ payload }) => payload)))
  expect(loaded.getMap("own").get("still")).toBe("here")
}, 60_000)

test("R15 a gap is not kept: the sender is asked for the whole, and acks wait for that", async () => {
  const { ws, token, store } = await startTestRelay()
  const writer = await connect(ws, await token({ w: "write" }), "w")
  await writer.durable()
  const doc = new Y.Doc()
  doc.clientID = 100_000
  const updates: Uint8Array[] = []
  doc.on("update", (update: Uint8Array) => updates.push(update))
  for (const letter of ["a", "b", "c"]) doc.getText("t").insert(doc.getText("t").length, letter)
  const [first, second, third] = updates
  if (first === undefined || second === undefined || third === undefined) throw new Error("three updates expected")
  const asks = (): number => writer.client.heard.filter((one) => one.type === "data" && one.payload[1] === 0).length
  const before = { asked: asks(), sent: writer.sent }
  writer.send(syncFrame("update", second))
  writer.send(syncFrame("update", third))
  await waitFor(() => asks() === before.asked + 1, { what: "the relay to ask for the whole" })
  // The replica answered from its own document, which lacks the edit too; that answer is whole all the same.
  expect(await writer.durable()).toBe(0)
  expect(await store.head("log/w@1")).toBe(0)

  const honest = new RawReplica(new RawClient(ws, await token({ w: "write" })), 1, "w", doc)
  doc.getText("t").insert(0, "")
  await honest.open()
  expect(await honest.durable()).toBe(1)
  const reader = await connect(ws, await token({ w: "read" }), "w")
  expect(reader.doc.getText("t").toJSON()).toBe("abc")
})

test("R15 an update that needs another client's edit, or deletes it, before that has come is a gap", async () => {
  const { ws, token, store } = await startTestRelay()
  const unseen = new Y.Doc()
  unseen.getText("t").insert(0, "unseen")
  for (const change of ["insert", "delete"] as const) {
    const doc = new Y.Doc()
    const writer = await connect(ws, await token({ w: "write" }), "w", doc)
    const asks = (): number => writer.client.heard.filter((one) => one.type === "data" && one.payload[1] === 0).length
    await writer.durable()
    // It came by another way, as between two tabs, so it is not sent as an edit of this replica.
    Y.applyUpdate(doc, Y.encodeStateAsUpdate(unseen), writer)
    if (change === "insert") doc.getText("t").insert(3, "!")
    else doc.getText("t").delete(0, 2)
    await writer.durable()
    expect(asks(), change).toBe(change === "insert" ? 2 : 1)
  }
  const merged = Y.mergeUpdates((await updatesIn(store, "log/w@1")).map(({ payload }) => payload))
  const loaded = new Y.Doc()
  Y.applyUpdate(loaded, merged)
  expect(loaded.getText("t").toJSON()).toBe("s!een")
  expect(loaded.store.pendingStructs).toBeNull()
  expect(loaded.store.pendingDs).toBeNull()
})

test("R15 a copy that itself lacks what it depends on is refused once it has been asked twice", async () => {
  const { ws, token } = await startTestRelay()
  const broken = new Y.Doc()
  const source = new Y.Doc()
  source.getText("t").insert(0, "a")
  const vector = Y.encodeStateVector(source)
  source.getText("t").insert(1, "b")
  Y.applyUpdate(broken, Y.encodeStateAsUpdate(source, vector))
  expect(broken.store.pendingStructs).not.toBeNull()
  const client = new RawClient(ws, await token({ w: "write" }))
  void new RawReplica(client, 1, "w", broken).open().catch(() => {})
  expect(await client.hear("error")).toMatchObject({ channel: 1, kind: "corrupt", retry: "never" })
})
