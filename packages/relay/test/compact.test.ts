import { isDeepStrictEqual } from "node:util"
import { seededRandom, waitFor } from "@millrace/testkit"
import { expect, test } from "vitest"
import * as Y from "yjs"
import { defaultCompaction } from "../src/index.ts"
import { decodeSnapshot } from "../src/compact/snapshot-form.ts"
import { connect, RawClient, type RawReplica } from "./support/raw-client.ts"
import { startTestRelay, updatesIn } from "./support/relay.ts"

const stream = "log/w@1"
const ref = { name: "w", status: false, generation: 1 }

/** Compacts as soon as anything is there. */
const eager = { entries: 1, bytes: 1, idleEntries: 1, keepEntries: 0, restFactor: 0 }

test("R400 a log that gathered entries or bytes is compacted while in use: verified, stored, then trimmed; history stays", async () => {
  for (const compaction of [{ entries: 20 }, { bytes: 400 }]) {
    const { ws, token, store } = await startTestRelay({ compaction: { ...compaction, keepEntries: 0 } })
    const writer = await connect(ws, await token({ w: "write" }), "w")
    for (let n = 0; n < 30; n++) {
      writer.doc.getMap("m").set(`k${n % 7}`, n)
      await writer.durable()
    }
    const trimmed = await waitFor(() => store.trimmed(stream), { what: "a trim" })
    const snapshot = await store.readSnapshot(stream)
    expect(snapshot?.seq).toBeGreaterThanOrEqual(trimmed)
    const entries = await store.history(stream, 0, 100)
    expect(entries.map(({ seq, author }) => [seq, author])).toEqual(
      Array.from({ length: await store.head(stream) }, (_, index) => [index + 1, "tester"]),
    )
    const reader = await connect(ws, await token({ w: "read" }), "w")
    expect(reader.doc.getMap("m").toJSON()).toEqual(writer.doc.getMap("m").toJSON())
  }
})

test("R400 a log is compacted when its workspace leaves memory, and loaded from snapshot and tail", async () => {
  const { ws, token, store, relay } = await startTestRelay({
    limits: { idleRoomMs: 1 },
    compaction: { idleEntries: 5 },
  })
  const writer = await connect(ws, await token({ w: "write" }), "w")
  for (let n = 0; n < 6; n++) writer.doc.getText("t").insert(0, `${n}`)
  await writer.durable()
  writer.client.socket.close()
  const snapshot = await waitFor(() => store.readSnapshot(stream), { what: "a snapshot" })
  const again = await connect(ws, await token({ w: "write" }), "w")
  again.doc.getText("t").insert(0, "tail ")
  again.doc.getText("t").delete(5, 2)
  await again.durable()
  again.client.socket.close()
  await relay.compact(ref)
  expect((await store.readSnapshot(stream))?.seq).toBeGreaterThan(snapshot.seq)
  const reader = await connect(ws, await token({ w: "read" }), "w")
  expect(reader.doc.getText("t").toJSON()).toBe(again.doc.getText("t").toJSON())
  expect(reader.doc.getText("t").toJSON()).toBe("tail 3210")
})

test("R401 compactions that race with appends lose nothing: cold joins see every durable edit, over random histories", async () => {
  const random = seededRandom()
  for (let round = 0; round < 3; round++) {
    const { ws, token, store, relay } = await startTestRelay({ compaction: { ...eager, entries: 1 + random.int(30) } })
    const writers = await Promise.all([1, 2, 3].map(async () => connect(ws, await token({ w: "write" }), "w")))
    const [first] = writers as [RawReplica]
    for (let step = 0; step < 150; step++) {
      const { doc } = random.pick(writers)
      const list = doc.getArray<unknown>("list")
      const what = random.float()
      if (what < 0.5) list.insert(random.int(list.length + 1), [random.chance(0.1) ? "x".repeat(5000) : step])
      else if (what < 0.8 && list.length > 0) list.delete(random.int(list.length), 1)
      else doc.getMap("m").set(`k${random.int(5)}`, new Y.Map([["step", step]]))
      if (random.chance(0.1)) void relay.compact(ref).catch(() => {})
      if (random.chance(0.3)) await new Promise((resolve) => void setImmediate(resolve))
      if (random.chance(0.05)) await random.pick(writers).durable()
    }
    await Promise.all(writers.map((writer) => writer.durable()))
    const plain = (doc: Y.Doc): unknown => ({ list: doc.getArray("list").toJSON(), m: doc.getMap("m").toJSON() })
    const agree = (): boolean => writers.every(({ doc }) => isDeepStrictEqual(plain(doc), plain(first.doc)))
    await waitFor(agree, { what: "the writers to agree" })
    await relay.compact(ref)
    expect(await store.trimmed(stream)).toBe(await store.head(stream))
    const reader = await connect(ws, await token({ w: "read" }), "w")
    for (const { doc } of writers) expect(plain(reader.doc)).toEqual(plain(doc))
    expect(reader.doc.store.pendingStructs).toBeNull()
    for (const { doc } of writers) {
      expect(Y.decodeStateVector(Y.encodeStateVector(reader.doc))).toEqual(
        Y.decodeStateVector(Y.encodeStateVector(doc)),
      )
    }
  }
}, 60_000)

test("R402 what was overwritten or deleted does not come back and does not stay: status documents stop growing, on disk and in the room", async () => {
  const { ws, token, store, relay } = await startTestRelay({ compaction: { keepEntries: 0 } })
  const projector = await connect(ws, await token({ w: "projector" }), "w~status")
  const status = { name: "w", status: true, generation: 1 }
  const sizes: number[] = []
  for (let round = 0; round < 3; round++) {
    for (let seq = 0; seq < 300; seq++)
      projector.doc.getMap("watermarks").set("a/b", { target: "a", binding: "b", seq })
    await projector.durable()
    expect(await relay.compact(status)).toMatchObject({ type: "compacted" })
    const snapshot = await store.readSnapshot("log/w~status@1")
    sizes.push(decodeSnapshot(snapshot?.payload ?? new Uint8Array()).update.length)
    const reader = await connect(ws, await token({ w: "read" }), "w~status")
    expect(reader.doc.getMap("watermarks").toJSON()).toEqual(projector.doc.getMap("watermarks").toJSON())
    // The room is in use all the time, and yet its answer to a joiner is as small as the snapshot.
    const answers = reader.client.heard.flatMap((one) => (one.type === "data" ? [one.payload.length] : []))
    expect(Math.max(...answers)).toBeLessThan(500)
    reader.client.socket.close()
  }
  expect(Math.max(...sizes)).toBeLessThan(200)
})

test("R403 a log that does not compact is quarantined: served and followed as before, listed, counted, never trimmed; lifted by another build or on demand", async () => {
  const { ws, http, token, store, relay, stop } = await startTestRelay({ compaction: { ...eager, entries: 3 } })
  const doc = new Y.Doc()
  const updates: Uint8Array[] = []
  doc.on("update", (update: Uint8Array) => updates.push(update))
  doc.getText("t").insert(0, "kept")
  doc.getText("t").insert(4, " missing")
  doc.getText("t").insert(0, "unreachable ")
  const [kept, missing, unreachable] = updates
  const entry = { generation: 1, author: "planted", timeMs: 1 }
  // It decodes, but what it stands on never came.
  await store.append(
    stream,
    [kept, unreachable].map((payload) => ({ ...entry, payload: payload ?? new Uint8Array() })),
  )
  const writer = await connect(ws, await token({ w: "write" }), "w")
  for (let n = 0; n < 5; n++) {
    writer.doc.getMap("m").set("n", n)
    await writer.durable()
  }
  await waitFor(() => relay.quarantined().length === 1, { what: "the quarantine" })
  expect(relay.quarantined()).toMatchObject([{ stream, reason: expect.stringContaining("depends on") as string }])
  expect(await (await fetch(`${http}/metrics`)).text()).toContain("millrace_relay_quarantined 1\n")
  expect(await store.readSnapshot(stream)).toBeUndefined()
  expect(await store.trimmed(stream)).toBe(0)
  const before = await store.head("quarantine/log/w@1")
  for (let n = 0; n < 5; n++) {
    writer.doc.getMap("m").set("n", 10 + n)
    await writer.durable()
  }
  expect(await store.head("quarantine/log/w@1")).toBe(before)
  const reader = await connect(ws, await token({ w: "read" }), "w")
  expect(reader.doc.getMap("m").toJSON()).toEqual({ n: 14 })
  expect(reader.doc.getText("t").toJSON()).toBe("kept")
  expect(await relay.compact(ref)).toMatchObject({ type: "quarantined" })
  await relay.close()
  const newer = await startTestRelay({ store, compaction: { ...eager, build: "newer" } })
  expect(newer.relay.quarantined()).toMatchObject([{ build: defaultCompaction.build }])
  const again = await connect(newer.ws, await newer.token({ w: "write" }), "w")
  again.doc.getMap("m").set("n", 14)
  await again.durable()
  await waitFor(() => newer.relay.quarantined()[0]?.build === "newer", { what: "the newer build to try" })
  await newer.relay.close()
  // Somebody mends the log; on demand it is tried at once.
  await store.append(stream, [{ ...entry, payload: missing ?? new Uint8Array() }])
  const mended = await startTestRelay({ store, compaction: { ...eager, entries: 1000 } })
  expect(mended.relay.quarantined()).toHaveLength(1)
  expect(await mended.relay.compact(ref)).toMatchObject({ type: "compacted" })
  expect(mended.relay.quarantined()).toEqual([])
  const last = await connect(mended.ws, await mended.token({ w: "read" }), "w")
  expect(last.doc.getText("t").toJSON()).toBe("unreachable kept missing")
  await stop()
})

test("R404 who follows a log from before what was trimmed gets one snapshot with the last trimmed entry's seq, author and time, then each entry", async () => {
  const { ws, token, store, relay } = await startTestRelay({
    compaction: { keepEntries: 4, keepBytes: 1_000_000 },
    limits: { maxPartBytes: 64 },
  })
  const writer = await connect(ws, await token({ w: "write" }, 60_000, "ann"), "w")
  for (let n = 0; n < 20; n++) {
    writer.doc.getArray("a").push([`entry ${n}`])
    await writer.durable()
  }
  await relay.compact(ref)
  expect(await store.trimmed(stream)).toBe(16)
  for (const afterSeq of [0, 10, 15]) {
    const follower = new RawClient(ws, await token({ w: "read" }))
    await follower.hear("hello")
    follower.open(1, "w", { mode: "log", afterSeq })
    await follower.hear("caughtUp", ({ seq }) => seq === 20)
    const pieces = follower.heard.flatMap((one) => (one.type === "snapshot" ? [one] : []))
    expect(pieces.length).toBeGreaterThan(1)
    const [known] = await store.history(stream, 15, 1)
    for (const piece of pieces)
      expect(piece).toMatchObject({ seq: 16, holdsSeq: 20, author: "ann", timeMs: known?.timeMs })
    expect(pieces.map(({ last }) => last)).toEqual(pieces.map((_, at) => at === pieces.length - 1))
    const update = Buffer.concat(pieces.map(({ piece }) => piece))
    expect(pieces[0]?.totalBytes).toBe(update.length)
    const entries = follower.heard.flatMap((one) => (one.type === "entry" ? [one] : []))
    expect(entries.map(({ seq }) => seq)).toEqual([17, 18, 19, 20])
    const doc = new Y.Doc()
    Y.applyUpdate(doc, update)
    for (const entry of entries) Y.applyUpdate(doc, entry.update)
    expect(doc.getArray("a").toJSON()).toEqual(writer.doc.getArray("a").toJSON())
  }
  const behind = new RawClient(ws, await token({ w: "read" }))
  await behind.hear("hello")
  behind.open(1, "w", { mode: "log", afterSeq: 16 })
  await behind.hear("caughtUp")
  expect(behind.heard.some(({ type }) => type === "snapshot")).toBe(false)
})

test("R405 a relay that closes while it compacts leaves a log that loads whole", async () => {
  const { ws, token, store, relay } = await startTestRelay()
  const writer = await connect(ws, await token({ w: "write" }), "w")
  for (let n = 0; n < 200; n++) writer.doc.getArray("a").push([`${n} ${"x".repeat(2000)}`])
  await writer.durable()
  const compacting = relay.compact(ref).catch((error: unknown) => error)
  await relay.close()
  expect(await compacting).toMatchObject({ kind: "closed" })
  await expect(relay.compact(ref)).rejects.toMatchObject({ kind: "closed" })
  const next = await startTestRelay({ store })
  const reader = await connect(next.ws, await next.token({ w: "read" }), "w")
  expect(reader.doc.getArray("a").toJSON()).toEqual(writer.doc.getArray("a").toJSON())
  expect((await updatesIn(store, stream)).length).toBe(await store.head(stream))
})

test("R409 an admin compacts a workspace over HTTP and sees which logs do not compact", async () => {
  const { http, ws, token, store } = await startTestRelay()
  const writer = await connect(ws, await token({ w: "write" }), "w")
  for (let n = 0; n < 5; n++) writer.doc.getMap("m").set("n", n)
  await writer.durable()
  const admin = { authorization: `Bearer ${await token({ "*": "admin" })}` }
  const compacted = await fetch(`${http}/workspaces/w/compact`, { method: "POST", headers: admin })
  expect(await compacted.json()).toMatchObject({ workspace: "w", generation: 1, seq: 5, reason: null })
  expect((await store.readSnapshot(stream))?.seq).toBe(5)
  // Deletes what was never there.
  const missing = new Uint8Array([0, 1, 200, 200, 4, 1, 0, 1])
  await store.append(stream, [{ payload: missing, generation: 1, author: "planted", timeMs: 1 }])
  const refused = await fetch(`${http}/workspaces/w/compact`, { method: "POST", headers: admin })
  expect([refused.status, await refused.json()]).toMatchObject([
    200,
    { seq: null, reason: expect.any(String) as string },
  ])
  const listed = await fetch(`${http}/quarantine`, { headers: admin })
  expect(await listed.json()).toMatchObject({ quarantined: [{ stream, seq: 6 }] })
  expect((await store.readSnapshot(stream))?.seq).toBe(5)
})
