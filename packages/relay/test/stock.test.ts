import { waitFor } from "@millrace/testkit"
import { expect, test } from "vitest"
import { WebSocket } from "ws"
import * as Y from "yjs"
import { syncFrame } from "../src/room/frame.ts"
import { connect } from "./support/raw-client.ts"
import { startTestRelay } from "./support/relay.ts"
import { stockClient, syncedStockClient } from "./support/stock-client.ts"

test("R7 a stock y-websocket provider with a bare document reads and edits the same workspace as millrace.v1", async () => {
  const { ws, token, store } = await startTestRelay()
  const ours = await connect(ws, await token({ w: "write" }), "w")
  ours.doc.getMap("m").set("from", "ours")
  const stock = await syncedStockClient(ws, "w", await token({ "*": "write" }, 60_000, "somebody"))
  expect(stock.doc.getMap("m").toJSON()).toEqual({ from: "ours" })
  stock.doc.getMap("m").set("also", "stock")
  await waitFor(() => ours.doc.getMap("m").get("also") === "stock", { what: "the stock client's edit at ours" })
  ours.doc.getMap("m").delete("from")
  await waitFor(() => stock.doc.getMap("m").size === 1, { what: "our deletion at the stock client" })
  await ours.durable()
  await waitFor(async () => (await store.head("log/w@1")) === 3, { what: "all three updates on disk" })
})

test("R7 two stock providers offline at the same time converge once they are back", async () => {
  const { ws, token } = await startTestRelay()
  const good = await token({ w: "write" })
  const one = await syncedStockClient(ws, "w", good)
  const two = await syncedStockClient(ws, "w", good)
  for (const { provider } of [one, two]) provider.disconnect()
  one.doc.getText("t").insert(0, "one")
  two.doc.getText("t").insert(0, "two")
  for (const { provider } of [one, two]) provider.connect()
  await waitFor(() => one.doc.getText("t").length === 6 && two.doc.getText("t").length === 6, { what: "both texts" })
  expect(one.doc.getText("t").toJSON()).toBe(two.doc.getText("t").toJSON())
})

test("R8 presence is passed on to all, told to joiners, and ends with its connection", async () => {
  const { ws, token } = await startTestRelay()
  const good = await token({ w: "read" })
  const one = await syncedStockClient(ws, "w", good)
  one.provider.awareness.setLocalState({ name: "one" })
  const two = await syncedStockClient(ws, "w", good)
  const seen = (client: typeof one, of: typeof one): unknown =>
    client.provider.awareness.getStates().get(of.doc.clientID)
  await waitFor(() => seen(two, one), { what: "the first at the second" })
  two.provider.awareness.setLocalState({ name: "two" })
  await waitFor(() => (seen(one, two) as { name?: string } | undefined)?.name === "two", {
    what: "the second at the first",
  })
  // Killed, not closed: it cannot say goodbye itself.
  ;(two.provider.ws as unknown as WebSocket).terminate()
  two.provider.shouldConnect = false
  await waitFor(() => seen(one, two) === undefined, { what: "the second to be gone" })
  expect(seen(one, one)).toEqual({ name: "one" })
})

test("R9 a stock client without a good token is refused at the upgrade with JSON that says why", async () => {
  const { ws, http, token } = await startTestRelay()
  const answer = async (path: string): Promise<{ status: number; kind: string; message: string }> => {
    const socket = new WebSocket(`${ws}${path}`)
    return new Promise((resolve) => {
      socket.on("error", () => {})
      socket.on("unexpected-response", (_request, response) => {
        let body = ""
        response.on("data", (chunk: Buffer) => (body += chunk.toString()))
        response.on("end", () => {
          const { error } = JSON.parse(body) as { error: { kind: string; message: string } }
          resolve({ status: response.statusCode ?? 0, ...error })
        })
      })
    })
  }
  const other = await token({ other: "write" })
  expect(await answer("/w")).toMatchObject({ status: 401, kind: "unauthenticated" })
  expect(await answer("/w?token=nonsense")).toMatchObject({ status: 401, kind: "unauthenticated" })
  expect(await answer(`/w?token=${await token({ w: "write" }, -1000)}`)).toMatchObject({
    status: 401,
    message: expect.stringContaining("expired") as string,
  })
  expect(await answer(`/w?token=${other}`)).toMatchObject({ status: 403, kind: "forbidden" })
  expect(await answer(`/w?token=${await token({ w: "owner" })}`)).toMatchObject({
    status: 403,
    message: expect.stringContaining('unknown role "owner"') as string,
  })
  expect(await answer(`/W?token=${other}`)).toMatchObject({ status: 400, kind: "invalid" })
  expect(await answer(`/w@2?token=${await token({ w: "write" })}`)).toMatchObject({ status: 410, kind: "generation" })
  expect(await answer(`?token=${other}`)).toMatchObject({ status: 400, kind: "invalid" })
  const plain = await fetch(`${http}/sync/w`)
  expect(plain.status).toBe(426)
})

test("R10 an edit with a reading token is refused as forbidden and reaches neither others nor the log", async () => {
  const { ws, token, store } = await startTestRelay()
  const writer = await connect(ws, await token({ w: "write" }), "w")
  writer.doc.getMap("m").set("x", 1)
  await writer.durable()
  const reader = await syncedStockClient(ws, "w", await token({ w: "read" }))
  reader.doc.getMap("m").set("y", 2)
  await waitFor(() => reader.closes.includes(4403), { what: "close code 4403" })
  reader.provider.shouldConnect = false
  const own = await connect(ws, await token({ w: "read" }), "w")
  expect(await own.client.hear("opened")).toMatchObject({ permission: "read" })
  own.send(syncFrame("update", Y.encodeStateAsUpdate(reader.doc)))
  expect(await own.client.hear("error")).toMatchObject({ channel: 1, kind: "forbidden", retry: "never" })
  expect(writer.doc.getMap("m").toJSON()).toEqual({ x: 1 })
  expect(await store.head("log/w@1")).toBe(1)
})

test("R10 a reader that only reads, with deletions in its copy, is never refused, however often it comes back", async () => {
  const { ws, token } = await startTestRelay()
  const writer = await connect(ws, await token({ w: "write" }), "w")
  writer.doc.getText("t").insert(0, "abc")
  writer.doc.getText("t").delete(1, 1)
  await writer.durable()
  const reader = stockClient(ws, "w", await token({ w: "read" }))
  for (let round = 0; round < 3; round++) {
    reader.provider.connect()
    await waitFor(() => reader.provider.synced, { what: "the reader in sync", everyMs: 5 })
    expect(reader.doc.getText("t").toJSON()).toBe("ac")
    reader.provider.disconnect()
  }
  expect(reader.closes.filter((code) => code >= 4000)).toEqual([])
})
