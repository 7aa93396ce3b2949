import { seededRandom, waitFor } from "@millrace/testkit"
import { expect, test } from "vitest"
import * as Y from "yjs"
import { syncFrame } from "../src/room/frame.ts"
import { connect, RawClient, RawReplica } from "./support/raw-client.ts"
import { openGatedStore, startTestRelay } from "./support/relay.ts"

const seqsOf = (client: RawClient): number[] =>
  client.heard.flatMap((message) => (message.type === "entry" ? [message.seq] : []))

test("R17 mode log gives every durable entry once and in order with author and time, then caughtUp, then what comes", async () => {
  const { ws, token } = await startTestRelay()
  const ann = await connect(ws, await token({ w: "write" }, 60_000, "ann"), "w")
  const bob = await connect(ws, await token({ w: "write" }, 60_000, "bob"), "w")
  ann.doc.getMap("m").set("a", 1)
  await ann.durable()
  await waitFor(() => bob.doc.getMap("m").size === 1, { what: "bob to see it" })
  bob.doc.getMap("m").set("b", 2)
  await bob.durable()
  const follower = new RawClient(ws, await token({ w: "read" }))
  await follower.hear("hello")
  follower.open(4, "w", { mode: "log" })
  expect(await follower.hear("opened")).toMatchObject({ channel: 4, seq: 2, generation: 1, permission: "read" })
  expect(await follower.hear("caughtUp")).toEqual({ type: "caughtUp", channel: 4, seq: 2 })
  const { heard } = follower
  expect(heard.findIndex(({ type }) => type === "caughtUp")).toBeGreaterThan(
    heard.findLastIndex(({ type }) => type === "entry"),
  )
  ann.doc.getMap("m").set("c", 3)
  await follower.hear("entry", ({ seq }) => seq === 3)
  expect(seqsOf(follower)).toEqual([1, 2, 3])
  const entries = heard.filter((message) => message.type === "entry")
  expect(entries.map(({ author }) => author)).toEqual(["ann", "bob", "ann"])
  for (const [at, { timeMs, generation }] of entries.entries()) {
    expect(timeMs).toBeGreaterThanOrEqual(entries[at - 1]?.timeMs ?? 1_700_000_000_000)
    expect(generation).toBe(1)
  }
  const doc = new Y.Doc()
  for (const { update } of entries) Y.applyUpdate(doc, update)
  expect(doc.getMap("m").toJSON()).toEqual({ a: 1, b: 2, c: 3 })
})

test("R17 nothing is in the log channel before it is flushed", async () => {
  const store = await openGatedStore()
  const { ws, token } = await startTestRelay({ store })
  const writer = await connect(ws, await token({ w: "write" }), "w")
  const follower = new RawClient(ws, await token({ w: "read" }))
  await follower.hear("hello")
  follower.open(1, "w", { mode: "log" })
  await follower.hear("caughtUp")
  store.shut()
  writer.doc.getMap("m").set("x", 1)
  await waitFor(() => store.appends === 1, { what: "the append" })
  follower.send({ type: "ping", nonce: 1 })
  await follower.hear("pong")
  expect(seqsOf(follower)).toEqual([])
  store.open()
  await follower.hear("entry")
})

test("R18 a follower resumes after the seq it names, without a gap or a repeat, while edits go on", async () => {
  const random = seededRandom()
  const { ws, token } = await startTestRelay({ limits: { maxPartBytes: 2000 } })
  const writer = await connect(ws, await token({ w: "write" }), "w")
  const seen: number[] = []
  for (let round = 0; round < 10; round++) {
    for (let n = random.int(20); n >= 0; n--) {
      writer.doc.getArray("list").push([random.chance(0.1) ? "x".repeat(5000) : n])
    }
    const follower = new RawClient(ws, await token({ w: "read" }))
    await follower.hear("hello")
    follower.open(1, "w", { mode: "log", afterSeq: seen.length })
    const until = seen.length + 1 + random.int(5)
    writer.doc.getArray("list").push(["more", "and", "more"])
    for (let n = 0; n < 6; n++) writer.doc.getArray("list").push([n])
    await follower.hear("entry", ({ seq }) => seq >= until)
    follower.socket.terminate()
    seen.push(...seqsOf(follower))
  }
  expect(seen).toEqual(Array.from(seen, (_, index) => index + 1))
})

test("R18 a follower that has seen more than there is, is told that this is another log", async () => {
  const { ws, token } = await startTestRelay()
  const follower = new RawClient(ws, await token({ w: "read" }))
  await follower.hear("hello")
  follower.open(1, "w", { mode: "log", afterSeq: 5 })
  expect(await follower.hear("error")).toMatchObject({ channel: 1, kind: "conflict", retry: "never" })
  follower.open(2, "w", { mode: "log" })
  await follower.hear("caughtUp")
  follower.send({ type: "data", channel: 2, payload: syncFrame("update", new Uint8Array([0, 0])) })
  expect(await follower.hear("error", ({ channel }) => channel === 2)).toMatchObject({ kind: "invalid" })
})

test("R19 the feed tells the workspaces that the token may read, as they are and at every durable append, and no status document", async () => {
  const { ws, token } = await startTestRelay()
  for (const name of ["team-a", "team-b", "other"]) {
    const writer = await connect(ws, await token({ "*": "write" }), name)
    writer.doc.getMap("m").set("x", 1)
    await writer.durable()
  }
  const status = await connect(ws, await token({ "*": "projector" }), "team-a~status")
  status.doc.getMap("watermarks").set("x", 1)
  await status.durable()
  const client = new RawClient(ws, await token({ "team-*": "read", "team-x": "nonsense" }))
  await client.hear("hello")
  client.send({ type: "feed" })
  client.send({ type: "feed" })
  await client.hear("feed", ({ workspace }) => workspace === "team-b")
  const writer = await connect(ws, await token({ "*": "write" }), "team-a")
  writer.doc.getMap("m").set("y", 1)
  await client.hear("feed", ({ seq }) => seq === 2)
  const items = client.heard.filter((message) => message.type === "feed")
  expect(items).toEqual([
    { type: "feed", workspace: "team-a", generation: 1, seq: 1 },
    { type: "feed", workspace: "team-b", generation: 1, seq: 1 },
    { type: "feed", workspace: "team-a", generation: 1, seq: 2 },
  ])
})

test("R20 many channels share one socket, sync and log, and close one by one", async () => {
  const { ws, token } = await startTestRelay()
  const client = new RawClient(ws, await token({ "*": "write" }))
  await client.hear("hello")
  const replicas = await Promise.all(["a", "b", "c"].map((name, at) => new RawReplica(client, at + 1, name).open()))
  for (const [at, replica] of replicas.entries()) replica.doc.getMap("m").set("at", at)
  await Promise.all(replicas.map((replica) => replica.durable()))
  client.send({ type: "close", channel: 2 })
  client.send({ type: "data", channel: 2, payload: syncFrame("update", new Uint8Array([9])) })
  client.send({ type: "ping", nonce: 1 })
  await client.hear("pong")
  expect(client.heard.some(({ type }) => type === "error")).toBe(false)
  replicas[0]?.doc.getMap("m").set("more", 1)
  await replicas[0]?.durable()
  client.open(1, "a")
  expect(await client.hear("error")).toMatchObject({ channel: 0, kind: "invalid" })
  await client.closing()
})
