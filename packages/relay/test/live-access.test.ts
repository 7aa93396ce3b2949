import { carriesUpdate } from "@millrace/protocol"
import { fakeClock, tempDir, waitFor } from "@millrace/testkit"
import { expect, test } from "vitest"
import * as Y from "yjs"
import { Revocations } from "../src/access/revocations.ts"
import { signToken, type TokenKey } from "../src/access/index.ts"
import { syncFrame } from "../src/room/frame.ts"
import { connect, RawClient, RawReplica } from "./support/raw-client.ts"
import { openGatedStore, startTestRelay, updatesIn } from "./support/relay.ts"
import { syncedStockClient } from "./support/stock-client.ts"

interface Who {
  readonly subject: string
  readonly role?: string
  readonly tokenId?: string
  readonly issuedAtMs?: number
  readonly workspaces?: Readonly<Record<string, string>>
}

function tokenOf(key: TokenKey, { role = "write", workspaces = { "*": role }, ...who }: Who): Promise<string> {
  return signToken({ key, workspaces, expiresAtMs: Date.now() + 3_600_000, issuedAtMs: Date.now(), ...who })
}

async function post(url: string, token: string, body: unknown): Promise<{ status: number; body: unknown }> {
  const answer = await fetch(url, {
    method: "POST",
    headers: { authorization: `Bearer ${token}` },
    body: JSON.stringify(body),
  })
  return { status: answer.status, body: await answer.json() }
}

test("R311 revoking a token closes its sockets of both kinds with 4401, refuses it from then on, and leaves others alone", async () => {
  const { ws, http, key } = await startTestRelay()
  const admin = await tokenOf(key, { subject: "root", role: "admin" })
  const taken = await tokenOf(key, { subject: "ann", tokenId: "one" })
  const kept = await tokenOf(key, { subject: "ann", tokenId: "two" })
  const ours = await connect(ws, taken, "w")
  const stock = await syncedStockClient(ws, "w", taken)
  const other = await connect(ws, kept, "w")
  const answer = await post(`${http}/revocations`, admin, { tokenId: "one" })
  expect(answer).toMatchObject({ status: 200, body: { tokenId: "one" } })
  expect(await ours.client.closing()).toMatchObject({ code: 4401 })
  const told = expect.objectContaining({
    type: "error",
    channel: 0,
    kind: "unauthenticated",
    retry: "never",
  }) as unknown
  expect(ours.client.heard.at(-1)).toEqual(told)
  await waitFor(() => stock.closes.includes(4401), { what: "the stock client to be closed" })
  stock.provider.disconnect()
  const again = new RawClient(ws, taken)
  expect(await again.closing()).toMatchObject({ code: 4401 })
  expect((await fetch(`${http}/workspaces/w`, { headers: { authorization: `Bearer ${taken}` } })).status).toBe(401)
  other.doc.getMap("m").set("still", "here")
  await other.durable()
  // Once more is the same.
  expect(await post(`${http}/revocations`, admin, { tokenId: "one" })).toEqual(answer)
})

test("R311 revoking a subject ends every token issued before, also one that does not say when; a later one is good; it lasts over a restart", async () => {
  const store = await openGatedStore()
  const dataDir = tempDir("revoked")
  const { ws, http, key, relay } = await startTestRelay({ store, dataDir })
  const admin = await tokenOf(key, { subject: "root", role: "admin" })
  const before = await tokenOf(key, { subject: "ann", issuedAtMs: Date.now() - 5000 })
  const unsaid = await signToken({ key, subject: "ann", workspaces: {}, expiresAtMs: Date.now() + 60_000 })
  const ours = await connect(ws, before, "w")
  expect((await post(`${http}/revocations`, admin, { subject: "ann" })).status).toBe(200)
  expect(await ours.client.closing()).toMatchObject({ code: 4401 })
  const later = await tokenOf(key, { subject: "ann", issuedAtMs: Date.now() + 2000 })
  await connect(ws, later, "w")
  await relay.close()
  const second = await startTestRelay({ store, dataDir })
  for (const token of [before, unsaid]) {
    expect(await new RawClient(second.ws, token).closing()).toMatchObject({ code: 4401 })
  }
  await connect(second.ws, later, "w")
})

test("R311 only an admin of everything revokes, and names one thing; what the disk refused is not in force", async () => {
  const store = await openGatedStore()
  const { ws, http, key } = await startTestRelay({ store })
  const admin = await tokenOf(key, { subject: "root", role: "admin" })
  const partial = await tokenOf(key, { subject: "part", workspaces: { "w*": "admin" } })
  expect((await post(`${http}/revocations`, partial, { subject: "ann" })).status).toBe(403)
  for (const body of [{}, { subject: 7 }, { subject: "a", tokenId: "b" }, { subject: "" }, { who: "ann" }, [], "x"]) {
    expect((await post(`${http}/revocations`, admin, body)).status, JSON.stringify(body)).toBe(400)
  }
  const ann = await connect(ws, await tokenOf(key, { subject: "ann" }), "w")
  store.failAppends = new Error("the disk is full")
  expect((await post(`${http}/revocations`, admin, { subject: "ann" })).status).toBe(500)
  store.failAppends = undefined
  ann.doc.getMap("m").set("x", 1)
  await ann.durable()
  const list = await fetch(`${http}/revocations`, { headers: { authorization: `Bearer ${admin}` } })
  expect(await list.json()).toEqual({ revocations: [] })
})

test("R312 after a revocation under load is answered, nothing of the revoked is taken in and the others lose nothing", async () => {
  const { ws, http, key, store } = await startTestRelay()
  const admin = await tokenOf(key, { subject: "root", role: "admin" })
  const good = await connect(ws, await tokenOf(key, { subject: "good" }), "w")
  const evil = await Promise.all(
    [1, 2, 3, 4].map(async (n) => connect(ws, await tokenOf(key, { subject: "evil", tokenId: `${n}` }), "w")),
  )
  const load = { on: true }
  let edits = 0
  const write = async (): Promise<void> => {
    while (load.on) {
      edits += 1
      for (const { doc, client } of [good, ...evil]) {
        if (client.closed === undefined) doc.getMap("m").set(`${doc.clientID}`, edits)
      }
      await new Promise((resolve) => void setImmediate(resolve))
    }
  }
  const written = write()
  await waitFor(async () => (await store.head("log/w@1")) > 50, { what: "the load to be taken in" })
  expect((await post(`${http}/revocations`, admin, { subject: "evil" })).status).toBe(200)
  // What was taken before the answer may still be on its way to the disk.
  await good.durable()
  const at = await store.head("log/w@1")
  const reached = edits + 50
  await waitFor(() => edits > reached, { what: "more load" })
  load.on = false
  await written
  for (const { client } of evil) expect((await client.closing()).code).toBe(4401)
  await good.durable()
  const authors = (await updatesIn(store, "log/w@1")).filter(({ seq }) => seq > at).map(({ author }) => author)
  expect(authors.length).toBeGreaterThan(0)
  expect([...new Set(authors)]).toEqual(["good"])
})

test("R313 a token renewed on the socket acts at once: a role that shrinks, one that grows, one that is gone", async () => {
  const { ws, key, store } = await startTestRelay()
  const token = (workspaces: Readonly<Record<string, string>>): Promise<string> =>
    tokenOf(key, { subject: "ann", workspaces })
  const client = new RawClient(ws, await token({ "*": "write" }))
  const [w, v] = [new RawReplica(client, 1, "w"), new RawReplica(client, 2, "v")]
  await w.open()
  await v.open()
  w.doc.getMap("m").set("a", 1)
  await w.durable()
  client.send({ type: "auth", token: await token({ w: "read" }) })
  expect(await client.hear("permission", (one) => one.channel === 1)).toMatchObject({ permission: "read" })
  expect(await client.hear("error", (one) => one.channel === 2)).toMatchObject({ kind: "forbidden", retry: "never" })
  expect(await client.hear("permission", (one) => one.channel === 0)).toMatchObject({ permission: "read" })
  // An update that was on its way is not taken, not acknowledged, and does not end the channel.
  w.doc.getMap("m").set("b", 2)
  const reader = await connect(ws, await token({ "*": "read" }), "w")
  expect(reader.doc.getMap("m").toJSON()).toEqual({ a: 1 })
  expect(await store.head("log/w@1")).toBe(1)
  client.heard.length = 0
  client.send({ type: "auth", token: await token({ "*": "write" }) })
  expect(await client.hear("permission", (one) => one.channel === 1)).toMatchObject({ permission: "write" })
  // The relay asks for what was kept back, and acknowledges it.
  await w.durable()
  await waitFor(() => reader.doc.getMap("m").get("b") === 2, { what: "the edit that was kept back" })
  expect(client.closed).toBeUndefined()
})

test("R313 a peer that goes on writing as a reader is ended, after a bounded number of frames that were on their way", async () => {
  const { ws, key } = await startTestRelay()
  const one = await connect(ws, await tokenOf(key, { subject: "ann" }), "w")
  one.client.send({ type: "auth", token: await tokenOf(key, { subject: "ann", role: "read" }) })
  await one.client.hear("permission", ({ channel }) => channel === 0)
  const doc = new Y.Doc()
  doc.getMap("m").set("x", 1)
  const frame = syncFrame("update", Y.encodeStateAsUpdate(doc))
  expect(carriesUpdate(frame)).toBe(true)
  for (let n = 0; n <= 1000; n++) one.send(frame)
  expect(await one.client.hear("error", ({ channel }) => channel === 1)).toMatchObject({ kind: "forbidden" })
})

test("R313 a renewed token that is no good, revoked, or of another subject ends the socket with 4401", async () => {
  const { ws, http, key } = await startTestRelay()
  const admin = await tokenOf(key, { subject: "root", role: "admin" })
  expect((await post(`${http}/revocations`, admin, { tokenId: "gone" })).status).toBe(200)
  for (const token of [
    "nonsense",
    await tokenOf(key, { subject: "ann", tokenId: "gone" }),
    await tokenOf(key, { subject: "bob" }),
    await signToken({ key, subject: "ann", workspaces: { "*": "write" }, expiresAtMs: Date.now() - 1000 }),
  ]) {
    const one = await connect(ws, await tokenOf(key, { subject: "ann" }), "w")
    one.client.send({ type: "auth", token })
    expect(await one.client.closing()).toMatchObject({ code: 4401 })
  }
})

test("R313 a renewed token moves the end of the socket; two at once are refused", async () => {
  const { ws, key } = await startTestRelay()
  const short = await signToken({ key, subject: "ann", workspaces: { "*": "read" }, expiresAtMs: Date.now() + 1500 })
  const one = await connect(ws, short, "w")
  const two = await connect(ws, short, "w")
  one.client.send({ type: "auth", token: await tokenOf(key, { subject: "ann", role: "read" }) })
  expect(await two.client.closing()).toMatchObject({ code: 4401 })
  expect(one.client.closed).toBeUndefined()
  const again = await tokenOf(key, { subject: "ann" })
  one.client.send({ type: "auth", token: again })
  one.client.send({ type: "auth", token: again })
  expect(await one.client.closing()).toMatchObject({ code: 4400 })
})

test("R313 the feed speaks of what the renewed token may read", async () => {
  const { ws, key } = await startTestRelay()
  const token = (workspaces: Readonly<Record<string, string>>): Promise<string> =>
    tokenOf(key, { subject: "ann", workspaces })
  const follower = new RawClient(ws, await token({ v: "read" }))
  await follower.hear("hello")
  follower.send({ type: "feed" })
  const writer = new RawClient(ws, await tokenOf(key, { subject: "bob" }))
  const w = await new RawReplica(writer, 1, "w").open()
  w.doc.getMap("m").set("x", 1)
  await w.durable()
  follower.send({ type: "auth", token: await token({ w: "read" }) })
  await follower.hear("permission", ({ channel }) => channel === 0)
  w.doc.getMap("m").set("x", 2)
  await w.durable()
  expect(await follower.hear("feed")).toMatchObject({ workspace: "w", seq: 2 })
})

test("R314 revocations are bounded in number, and forgotten once no token that they mean can be good", async () => {
  const clock = fakeClock()
  const store = await openGatedStore()
  const options = { store, clock, maxTokenLifeMs: 10_000, maxRevocations: 2 }
  const revocations = await Revocations.open(options)
  await revocations.revoke({ subject: "a" }, "root")
  await revocations.revoke({ tokenId: "b" }, "root")
  await expect(revocations.revoke({ tokenId: "c" }, "root")).rejects.toMatchObject({ kind: "too-large" })
  clock.advance(10_000)
  await revocations.revoke({ tokenId: "c" }, "root")
  expect((await Revocations.open(options)).list()).toEqual(revocations.list())
  expect(revocations.list()).toMatchObject([{ tokenId: "c" }])
  const damaged = { payload: new Uint8Array([1]), generation: 1, author: "x", timeMs: 0 }
  await store.append("access/revocations", [damaged])
  await expect(Revocations.open(options)).rejects.toMatchObject({ kind: "corrupt" })
})
