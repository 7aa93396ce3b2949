import { seededRandom, waitFor } from "@millrace/testkit"
import { MillraceError } from "@millrace/ports"
import { expect, test } from "vitest"
import * as Y from "yjs"
import { RawClient, connect } from "./support/raw-client.ts"
import { openGatedStore, startTestRelay, updatesIn } from "./support/relay.ts"

test("R1 an edit is broadcast at once but acknowledged only after its flush, with its seq", async () => {
  const store = await openGatedStore()
  const { ws, token } = await startTestRelay({ store })
  const writer = await connect(ws, await token({ w: "write" }), "w")
  const reader = await connect(ws, await token({ w: "read" }), "w")
  await writer.durable()
  store.shut()
  writer.doc.getMap("m").set("x", 1)
  await waitFor(() => reader.doc.getMap("m").get("x") === 1, { what: "the edit at the reader" })
  await waitFor(() => store.appends === 1, { what: "the append at the disk" })
  const told = (): number =>
    Math.max(0, ...writer.client.heard.map((one) => (one.type === "durable" ? one.received : 0)))
  expect(told()).toBe(writer.sent - 1)
  expect(await store.head("log/w@1")).toBe(0)
  const readerTold = (): number =>
    Math.max(0, ...reader.client.heard.map((one) => (one.type === "durable" ? one.sent : 0)))
  expect(readerTold()).toBe(reader.received - 1)
  store.open()
  expect(await writer.durable()).toBe(1)
  await waitFor(() => readerTold() === reader.received, { what: "the reader's ack" })
  expect(await updatesIn(store, "log/w@1")).toMatchObject([{ seq: 1, generation: 1, author: "tester" }])
})

test("R1 edits that come while a commit is under way share the next one", async () => {
  const store = await openGatedStore()
  const { ws, token } = await startTestRelay({ store })
  const writer = await connect(ws, await token({ w: "write" }), "w")
  store.shut()
  writer.doc.getMap("m").set("first", 1)
  await waitFor(() => store.appends === 1, { what: "the first append" })
  for (let n = 0; n < 50; n++) writer.doc.getMap("m").set(`k${n}`, n)
  const ping = 7
  writer.client.send({ type: "ping", nonce: ping })
  await writer.client.hear("pong")
  store.open()
  expect(await writer.durable()).toBe(51)
  expect(store.appends).toBe(2)
})

test("R2 counts never go back and cover exactly the frames that carry updates, in both directions", async () => {
  const random = seededRandom()
  const { ws, token } = await startTestRelay()
  const replicas = await Promise.all([1, 2, 3].map(async () => connect(ws, await token({ w: "write" }), "w")))
  for (let round = 0; round < 200; round++) {
    const { doc } = random.pick(replicas)
    const list = doc.getArray<number>("list")
    if (list.length > 0 && random.chance(0.3)) list.delete(random.int(list.length), 1)
    else list.insert(random.int(list.length + 1), [round])
    if (random.chance(0.1)) await new Promise((resolve) => void setImmediate(resolve))
  }
  const seqs = await Promise.all(replicas.map((replica) => replica.durable()))
  const contents = (): string[] => replicas.map(({ doc }) => JSON.stringify(doc.getArray("list").toJSON()))
  await waitFor(() => new Set(contents()).size === 1, { what: "the replicas to agree" })
  for (const replica of replicas) {
    await replica.client.hear("durable", (one) => one.sent === replica.received && one.received === replica.sent)
    const durables = replica.client.heard.filter((one) => one.type === "durable")
    for (const [at, one] of durables.entries()) {
      expect(one.received).toBeGreaterThanOrEqual(durables[at - 1]?.received ?? 0)
      expect(one.sent).toBeGreaterThanOrEqual(durables[at - 1]?.sent ?? 0)
      expect(one.seq).toBeGreaterThanOrEqual(durables[at - 1]?.seq ?? 0)
    }
  }
  expect(Math.max(...seqs)).toBeLessThanOrEqual(200)
})

test("R3 what adds nothing is acknowledged and not stored: known structs, known deletions, a reconnect's whole answer", async () => {
  const { ws, token, store } = await startTestRelay()
  const first = await connect(ws, await token({ w: "write" }), "w")
  const text = first.doc.getText("t")
  text.insert(0, "hello world")
  text.delete(2, 4)
  text.delete(0, 1)
  await first.durable()
  const stored = (await updatesIn(store, "log/w@1")).length
  expect(stored).toBe(3)
  // The same document comes again: its step 2 says all deletions anew.
  const again = await connect(ws, await token({ w: "write" }), "w", first.doc)
  await again.durable()
  again.send(new Uint8Array([0, 2, 2, 0, 0]))
  await again.durable()
  expect(await store.head("log/w@1")).toBe(stored)
})

test("R4 a refused append tells every peer to come back, forgets what the disk lacks, and loses nothing that replicas hold", async () => {
  const store = await openGatedStore()
  const { ws, token } = await startTestRelay({ store })
  const writer = await connect(ws, await token({ w: "write" }), "w")
  const reader = await connect(ws, await token({ w: "read" }), "w")
  writer.doc.getMap("m").set("kept", 1)
  await writer.durable()
  store.failAppends = new MillraceError("no room", { kind: "storage" })
  writer.doc.getMap("m").set("refused", 2)
  for (const { client } of [writer, reader]) {
    expect(await client.hear("error")).toMatchObject({ channel: 1, kind: "storage", retry: { afterMs: 1000 } })
    expect(client.closed).toBeUndefined()
  }
  store.failAppends = undefined
  const stranger = await connect(ws, await token({ w: "read" }), "w")
  expect(stranger.doc.getMap("m").toJSON()).toEqual({ kept: 1 })
  const back = await connect(ws, await token({ w: "write" }), "w", writer.doc)
  await back.durable()
  await waitFor(() => stranger.doc.getMap("m").get("refused") === 2, { what: "the edit to be there after all" })
  expect(await store.head("log/w@1")).toBe(2)
})

test("R5 a workspace that cannot be read is an error that asks to come back, never an empty document", async () => {
  const store = await openGatedStore()
  const { ws, token } = await startTestRelay({ store, limits: { idleRoomMs: 1 } })
  const writer = await connect(ws, await token({ w: "write" }), "w")
  writer.doc.getMap("m").set("x", 1)
  await writer.durable()
  writer.client.socket.close()
  store.failReads = new Error("bad sector")
  const client = await waitFor(
    async () => {
      // The room stays for a moment after the last one left.
      const one = new RawClient(ws, await token({ w: "write" }))
      await one.hear("hello")
      one.open(1, "w")
      const answer = await Promise.race([one.hear("error"), one.hear("opened")])
      return answer.type === "error" ? answer : undefined
    },
    { what: "the load to fail" },
  )
  expect(client).toMatchObject({ channel: 1, kind: "storage", retry: { afterMs: 5000 } })
  store.failReads = undefined
  const reader = await connect(ws, await token({ w: "read" }), "w")
  expect(reader.doc.getMap("m").toJSON()).toEqual({ x: 1 })
})

test("R6 client ids of 53 bits come through acks, log, reload and another replica unharmed", async () => {
  const { ws, token, store } = await startTestRelay({ limits: { idleRoomMs: 1 } })
  const ids = [Number.MAX_SAFE_INTEGER, 4_680_449_676_054_509, 2 ** 32 + 5]
  for (const [index, id] of ids.entries()) {
    const doc = new Y.Doc()
    doc.clientID = id
    const replica = await connect(ws, await token({ w: "write" }), "w", doc)
    replica.doc.getText("t").insert(0, `<${index}`)
    replica.doc.getText("t").insert(0, ">")
    await replica.durable()
    replica.client.socket.close()
  }
  const merged = Y.mergeUpdates((await updatesIn(store, "log/w@1")).map(({ payload }) => payload))
  expect(new Set(Y.parseUpdateMeta(merged).from.keys())).toEqual(new Set(ids))
  const reader = await connect(ws, await token({ w: "read" }), "w")
  expect(reader.doc.getText("t").toJSON()).toBe("><2><1><0")
  expect(reader.doc.store.pendingStructs).toBeNull()
})
