import { MillraceError } from "@millrace/ports"
import { tempDir, waitFor } from "@millrace/testkit"
import { expect, test } from "vitest"
import { connect, RawClient } from "./support/raw-client.ts"
import { openGatedStore, updatesIn } from "./support/relay.ts"
import { stockClient, syncedStockClient } from "./support/stock-client.ts"
import { startAdminStage as start, refusal, valueIn } from "./support/admin-stage.ts"

test("R330 workspaces are listed by name in pages, each to whom it concerns, with seq and generation", async () => {
  const { call, edit, token } = await start()
  for (const name of ["c", "a", "b"]) await edit(name, name)
  const entry = (workspace: string): unknown => ({ workspace, generation: 1, seq: 1 })
  expect(await call("GET", "/workspaces")).toEqual({
    status: 200,
    body: { workspaces: [entry("a"), entry("b"), entry("c")], next: null },
  })
  expect(await call("GET", "/workspaces?limit=2")).toMatchObject({
    body: { workspaces: [entry("a"), entry("b")], next: "b" },
  })
  expect(await call("GET", "/workspaces?limit=2&after=b")).toMatchObject({
    body: { workspaces: [entry("c")], next: null },
  })
  const reader = await token({ b: "read" })
  expect(await call("GET", "/workspaces", { token: reader })).toMatchObject({ body: { workspaces: [entry("b")] } })
  for (const query of ["limit=0", "limit=x", "limit=1001", "limit=-1"]) {
    expect(await call("GET", `/workspaces?${query}`)).toMatchObject({ status: 400, body: refusal("invalid") })
  }
})

test("R331 history tells who, when and how much, page by page; statistics sum it up", async () => {
  const { call, edit, store } = await start()
  const one = await edit("w", "x")
  for (let n = 0; n < 4; n++) {
    one.doc.getMap("m").set("value", `${n}`)
    await one.durable()
  }
  const stored = await updatesIn(store, "log/w@1")
  const shown = stored.map(({ seq, author, timeMs, payload }) => ({ seq, author, timeMs, bytes: payload.length }))
  expect(await call("GET", "/workspaces/w/history")).toEqual({
    status: 200,
    body: { workspace: "w", generation: 1, entries: shown, next: null },
  })
  const paged = await call("GET", "/workspaces/w/history?after=1&limit=2")
  expect(paged).toMatchObject({ body: { entries: shown.slice(1, 3), next: 3 } })
  expect(await call("GET", "/workspaces/w/statistics")).toEqual({
    status: 200,
    body: {
      workspace: "w",
      generation: 1,
      seq: 5,
      bytes: stored.reduce((sum, { payload }) => sum + payload.length, 0),
      authors: 1,
      firstTimeMs: stored[0]?.timeMs,
      lastTimeMs: stored[4]?.timeMs,
      channels: 1,
    },
  })
})

test("R332 a deleted workspace is refused as not-found, live sockets are told, its data is kept and restored, over a restart", async () => {
  const store = await openGatedStore()
  const dataDir = tempDir("deleted")
  const first = await start({ store, dataDir })
  const ours = await first.edit("w", "kept")
  const follower = new RawClient(first.ws, await first.token({ "*": "read" }))
  await follower.hear("hello")
  follower.open(1, "w", { mode: "log" })
  await follower.hear("caughtUp")
  const good = await first.token({ "*": "write" })
  const stock = await syncedStockClient(first.ws, "w", good)
  const deleted = await first.call("DELETE", "/workspaces/w")
  expect(deleted).toMatchObject({ status: 200, body: { workspace: "w", generation: 1, deleted: { by: "root" } } })
  const told = { kind: "not-found", retry: "never", message: expect.stringContaining("was deleted") as string }
  expect(await ours.client.hear("error")).toMatchObject({ channel: 1, ...told })
  expect(await follower.hear("error")).toMatchObject({ channel: 1, ...told })
  await waitFor(() => stock.closes.includes(4404), { what: "the stock client to be closed" })
  stock.provider.disconnect()
  expect(await first.call("DELETE", "/workspaces/w")).toEqual(deleted)
  expect(await first.call("GET", "/workspaces/w")).toMatchObject({ status: 404, body: refusal("not-found") })
  expect(await first.call("GET", "/workspaces")).toMatchObject({ body: { workspaces: [] } })
  expect(await first.call("GET", "/workspaces?deleted=true")).toMatchObject({
    body: { workspaces: [{ workspace: "w" }] },
  })
  expect(await first.call("GET", "/workspaces/w/history")).toMatchObject({ status: 200 })
  expect(await first.call("GET", "/workspaces/w/history", { token: good })).toMatchObject({ status: 404 })
  await first.relay.close()

  const second = await start({ store, dataDir })
  const again = new RawClient(second.ws, good)
  await again.hear("hello")
  again.open(1, "w")
  expect(await again.hear("error")).toMatchObject(told)
  again.open(2, "w~status")
  expect(await again.hear("error", ({ channel }) => channel === 2)).toMatchObject(told)
  expect(await second.call("POST", "/workspaces/w/restore")).toMatchObject({ status: 200, body: { deleted: null } })
  expect(await second.call("POST", "/workspaces/w/restore")).toMatchObject({ status: 200, body: { deleted: null } })
  expect(valueIn(await connect(second.ws, good, "w"))).toBe("kept")
  expect(await second.call("DELETE", "/workspaces/never-was")).toMatchObject({ status: 404 })
  expect(await second.call("POST", "/workspaces/never-was/restore")).toMatchObject({ status: 404 })
})

test("R333 a reset begins a new generation with the state of the old; copies of the old are refused, live ones told; stock clients name it", async () => {
  const { call, edit, ws, token, store } = await start()
  const old = await edit("w", "carried over")
  const good = await token({ "*": "write" })
  const stock = await syncedStockClient(ws, "w", good)
  const feed = new RawClient(ws, good)
  await feed.hear("hello")
  feed.send({ type: "feed" })
  await feed.hear("feed")
  const body = JSON.stringify({ generation: 1 })
  const done = await call("POST", "/workspaces/w/reset", { body })
  expect(done).toEqual({ status: 200, body: { workspace: "w", generation: 2, deleted: null } })
  expect(await old.client.hear("error")).toMatchObject({ channel: 1, kind: "generation", retry: "never" })
  await waitFor(() => stock.closes.includes(4410), { what: "the stock client to be closed" })
  stock.provider.disconnect()
  expect(await feed.hear("feed", ({ generation }) => generation === 2)).toMatchObject({ workspace: "w", seq: 1 })

  const later = await connect(ws, good, "w@2")
  expect(valueIn(later)).toBe("carried over")
  // Naming the generation that has ended changes nothing, and disturbs nobody.
  expect(await call("POST", "/workspaces/w/reset", { body })).toEqual(done)
  later.doc.getMap("m").set("value", "new")
  await later.durable()
  expect(later.client.closed).toBeUndefined()

  const client = new RawClient(ws, good)
  await client.hear("hello")
  const attempts: readonly [string, number][] = [
    ["w", 0],
    ["w", 1],
    ["w@2", 1],
    ["w@3", 0],
    ["w~status", 0],
  ]
  for (const [index, [workspace, generation]] of attempts.entries()) {
    client.open(index + 1, workspace, { generation })
    const heard = await client.hear("error", ({ channel }) => channel === index + 1)
    expect(heard, workspace).toMatchObject({ kind: "generation", retry: "never" })
  }
  client.open(10, "w@2", { generation: 2 })
  expect(await client.hear("opened")).toMatchObject({ generation: 2 })
  const stockLater = await syncedStockClient(ws, "w@2", good)
  expect(stockLater.doc.getMap("m").toJSON()).toEqual({ value: "new" })
  expect(await call("GET", "/workspaces/w")).toMatchObject({ body: { workspace: "w", generation: 2, seq: 2 } })
  expect(await call("GET", "/workspaces/w/history")).toMatchObject({
    body: { generation: 2, entries: [{ author: "root" }, {}] },
  })
  expect(await call("GET", "/workspaces/w@1/history")).toMatchObject({ body: { generation: 1 } })
  expect(await call("GET", "/workspaces/w@1/history", { token: good })).toMatchObject({ status: 403 })
  expect(await store.head("log/w@1")).toBe(1)
  stockClient(ws, "w", good).provider.disconnect()
})

test("R333 a reset may begin with nothing, needs the generation that is to end, and is for one at a time", async () => {
  const { call, edit, ws, token, store } = await start()
  await edit("w", "gone")
  const feed = new RawClient(ws, await token({ "*": "read" }))
  await feed.hear("hello")
  feed.send({ type: "feed" })
  for (const body of ["{}", '{"generation":"1"}', '{"generation":1,"content":"some"}', "no JSON", "[]"]) {
    expect(await call("POST", "/workspaces/w/reset", { body })).toMatchObject({ status: 400 })
  }
  expect(await call("POST", "/workspaces/w/reset", { body: '{"generation":7}' })).toMatchObject({ status: 410 })
  expect(await call("POST", "/workspaces/none/reset", { body: '{"generation":1}' })).toMatchObject({ status: 404 })
  for (const path of ["/workspaces/w@1/reset", "/workspaces/w~status/reset"]) {
    expect(await call("POST", path, { body: '{"generation":1}' })).toMatchObject({ status: 400 })
  }
  const body = '{"generation":1,"content":"empty"}'
  const both = await Promise.all([1, 2, 3].map(() => call("POST", "/workspaces/w/reset", { body })))
  expect(both.some(({ status }) => status === 200)).toBe(true)
  for (const { status } of both) expect([200, 409]).toContain(status)
  expect(await feed.hear("feed", ({ generation }) => generation === 2)).toMatchObject({ workspace: "w", seq: 0 })
  const later = await connect(ws, await token({ "*": "write" }), "w@2")
  expect(valueIn(later)).toBeUndefined()
  expect(await store.head("log/w@2")).toBe(0)
})

test("R334 a reset that fails half way leaves the old generation whole, and the next one goes on to a generation that is empty", async () => {
  const store = await openGatedStore()
  const { call, edit, ws, token } = await start({ store })
  await edit("w", "whole")
  // As a relay would leave it that dies between the first entry of the new generation and its coming into force.
  const orphan = { payload: new Uint8Array([0, 0]), generation: 2, author: "x", timeMs: 1 }
  await store.append("log/w@2", [orphan])
  store.failAppends = new MillraceError("The disk is full.", { kind: "storage" })
  const body = '{"generation":1}'
  expect(await call("POST", "/workspaces/w/reset", { body })).toMatchObject({ status: 503, body: refusal("storage") })
  store.failAppends = undefined
  const good = await token({ "*": "write" })
  expect(valueIn(await connect(ws, good, "w"))).toBe("whole")
  expect(await call("POST", "/workspaces/w/reset", { body })).toMatchObject({ status: 200, body: { generation: 3 } })
  expect(valueIn(await connect(ws, good, "w@3"))).toBe("whole")
})
