import { fakeClock, startToxicProxy, waitFor } from "@millrace/testkit"
import { expect, test } from "vitest"
import * as Y from "yjs"
import { connect, RawClient } from "./support/raw-client.ts"
import { startTestRelay, updatesIn } from "./support/relay.ts"
import { awarenessFrame, statesIn } from "./support/presence.ts"

test("R241 a new socket of a replica whose old one is half open goes on; the late end of the old one takes nothing from it", async () => {
  const relay = await startTestRelay()
  const good = await relay.token({ w: "write" })
  const proxy = await startToxicProxy({ target: { port: relay.relay.port } })
  const doc = new Y.Doc()
  const old = await connect(`ws://127.0.0.1:${proxy.port}/sync`, good, "w", doc)
  doc.getText("t").insert(0, "one ")
  await old.durable()
  old.send(awarenessFrame(doc.clientID, 1, "{}"))
  await old.client.hear("data", ({ payload }) => payload[0] === 1)
  proxy.stall()
  // Its edit stays in the cable and comes late, after the same edit came over the new socket.
  doc.getText("t").insert(4, "two ")
  const copy = new Y.Doc()
  Y.applyUpdate(copy, Y.encodeStateAsUpdate(doc))
  const fresh = await connect(relay.ws, good, "w", copy)
  await fresh.durable()
  fresh.send(awarenessFrame(doc.clientID, 2, '{"here":true}'))
  await fresh.client.hear("data", ({ payload }) => payload[0] === 1)
  const stored = await relay.store.head("log/w@1")
  proxy.pass()
  await old.durable()
  expect(await relay.store.head("log/w@1")).toBe(stored)
  old.client.socket.terminate()
  await old.client.closing()
  copy.getText("t").insert(8, "three")
  await fresh.durable()
  const late = await connect(relay.ws, good, "w")
  expect(late.doc.getText("t").toJSON()).toBe("one two three")
})

test("R242 a clock that jumps, either way, costs no edit, no order and no connection", async () => {
  const timers = fakeClock(1_700_000_000_000)
  let setBackMs = 0
  const clock = { nowMs: () => timers.nowMs() - setBackMs, after: timers.after.bind(timers) }
  const { ws, token, store } = await startTestRelay({ clock, limits: { pingMs: 1_000_000_000_000 } })
  const writer = await connect(ws, await token({ w: "write" }, 300 * 86_400_000), "w")
  for (const [n, jumpMs] of [0, 3_600_000, 86_400_000].entries()) {
    writer.doc.getText("t").insert(0, `${n}`)
    writer.client.send({ type: "ping", nonce: n })
    await writer.client.hear("pong", ({ nonce }) => nonce === n)
    timers.advance(10 + jumpMs)
    await writer.durable()
  }
  setBackMs = 100_000_000_000
  writer.doc.getText("t").insert(0, "back ")
  writer.client.send({ type: "ping", nonce: 9 })
  await writer.client.hear("pong", ({ nonce }) => nonce === 9)
  timers.advance(10)
  await writer.durable()
  expect((await updatesIn(store, "log/w@1")).map(({ seq }) => seq)).toEqual([1, 2, 3, 4])
  expect(writer.client.closed).toBeUndefined()
  const late = await connect(ws, await token({ w: "read" }), "w")
  expect(late.doc.getText("t").toJSON()).toBe("back 210")
})

test("R243 a copy restored from an old backup gets what came since, gives nothing twice, and writes on under an id of its own", async () => {
  const { ws, token, store } = await startTestRelay()
  const good = await token({ w: "write" })
  const first = await connect(ws, good, "w")
  first.doc.getText("t").insert(0, "old ")
  await first.durable()
  const backup = Y.encodeStateAsUpdate(first.doc)
  first.doc.getText("t").insert(4, "newer ")
  first.doc.getText("t").delete(0, 4)
  await first.durable()
  first.client.socket.terminate()
  const stored = await store.head("log/w@1")
  const restored = new Y.Doc()
  Y.applyUpdate(restored, backup)
  const again = await connect(ws, good, "w", restored)
  await again.durable()
  expect(restored.clientID).not.toBe(first.doc.clientID)
  expect(restored.getText("t").toJSON()).toBe("newer ")
  expect(await store.head("log/w@1")).toBe(stored)
  restored.getText("t").insert(6, "still")
  await again.durable()
  const late = await connect(ws, good, "w")
  expect(late.doc.getText("t").toJSON()).toBe("newer still")
})

test("R244 edits made offline in a workspace that was deleted meanwhile are refused, not lost: restored, it takes them", async () => {
  const { ws, http, token } = await startTestRelay()
  const good = await token({ w: "admin" })
  const writer = await connect(ws, good, "w")
  writer.doc.getText("t").insert(0, "before ")
  await writer.durable()
  writer.client.socket.terminate()
  writer.doc.getText("t").insert(7, "offline")
  const headers = { authorization: `Bearer ${good}` }
  const change = async (method: string, path: string): Promise<number> =>
    (await fetch(`${http}/workspaces/w${path}`, { method, headers })).status
  expect(await change("DELETE", "")).toBeLessThan(300)
  const refused = new RawClient(ws, good)
  await refused.hear("hello")
  refused.open(1, "w")
  expect(await refused.hear("error")).toMatchObject({ channel: 1, kind: "not-found", retry: "never" })
  expect(await change("POST", "/restore")).toBeLessThan(300)
  const back = await connect(ws, good, "w", writer.doc)
  await back.durable()
  const late = await connect(ws, good, "w")
  expect(late.doc.getText("t").toJSON()).toBe("before offline")
})

test("R245 presence is told as the latest of each client: many changes cost one frame a tick, and a slow reader hears the last", async () => {
  const { ws, token } = await startTestRelay()
  const good = await token({ w: "read" })
  const watcher = await connect(ws, good, "w")
  const others = await Promise.all(Array.from({ length: 30 }, () => connect(ws, good, "w")))
  watcher.client.socket.pause()
  for (let clock = 1; clock <= 50; clock++) {
    for (const [n, one] of others.entries()) one.send(awarenessFrame(1000 + n, clock, JSON.stringify({ at: clock })))
  }
  for (const one of others) {
    one.client.send({ type: "ping", nonce: 1 })
    await one.client.hear("pong")
  }
  watcher.client.socket.resume()
  const seen = new Map<number, string>()
  const frames = (): number => {
    const told = watcher.client.heard.filter((one) => one.type === "data" && one.payload[0] === 1)
    for (const one of told)
      if (one.type === "data") for (const [id, state] of statesIn(one.payload)) seen.set(id, state)
    return told.length
  }
  await waitFor(() => frames() > 0 && [...seen.values()].filter((state) => state === '{"at":50}').length === 30, {
    what: "the last state of everybody",
    detail: () => JSON.stringify([...seen]),
  })
  expect(frames()).toBeLessThan(30 * 50)
  for (const one of others.slice(0, 29)) one.client.socket.terminate()
  await waitFor(() => frames() > 0 && [...seen.values()].filter((state) => state === "null").length === 29, {
    what: "those who left",
  })
})
