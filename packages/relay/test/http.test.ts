import { expect, test } from "vitest"
import { waitFor } from "@millrace/testkit"
import { startRelay } from "../src/index.ts"
import { connect, RawClient } from "./support/raw-client.ts"
import { openGatedStore, startTestRelay } from "./support/relay.ts"

test("R34 health, workspace and unknown paths answer JSON, errors with kind, message and retry", async () => {
  const { http, ws, token } = await startTestRelay()
  const good = await token({ w: "read", v: "write" })
  const get = async (path: string, bearer?: string): Promise<unknown> => {
    const answer = await fetch(
      http + path,
      bearer === undefined ? {} : { headers: { authorization: `Bearer ${bearer}` } },
    )
    return [answer.status, await answer.json()]
  }
  expect(await get("/livez")).toEqual([200, { live: true }])
  expect(await get("/readyz")).toEqual([200, { ready: true }])
  expect(await get("/workspaces/w", good)).toEqual([200, { workspace: "w", generation: 1, seq: 0 }])
  const writer = await connect(ws, good, "v")
  writer.doc.getMap("m").set("x", 1)
  await writer.durable()
  expect(await get("/workspaces/v", good)).toEqual([200, { workspace: "v", generation: 1, seq: 1 }])
  expect(await get("/workspaces/v~status", good)).toEqual([200, { workspace: "v~status", generation: 1, seq: 0 }])
  for (const [path, bearer, status, kind] of [
    ["/workspaces/w", undefined, 401, "unauthenticated"],
    ["/workspaces/w", "nonsense", 401, "unauthenticated"],
    ["/workspaces/x", good, 403, "forbidden"],
    ["/workspaces/W", good, 400, "invalid"],
    ["/workspaces/%ff", good, 400, "invalid"],
    ["/workspaces/w@3", good, 410, "generation"],
    ["/nothing", good, 404, "not-found"],
    ["//[", undefined, 404, "not-found"],
    ["/", undefined, 404, "not-found"],
  ] as const) {
    const error: unknown = expect.objectContaining({ kind, retry: "never", message: expect.any(String) as string })
    expect(await get(path, bearer), path).toEqual([status, { error }])
  }
  expect((await fetch(`${http}/livez`, { method: "POST" })).status).toBe(404)
})

test("R35 closing makes durable what was taken, says 1012, refuses new connections, and is idempotent", async () => {
  const store = await openGatedStore()
  const { ws, http, token, relay } = await startTestRelay({ store })
  const writer = await connect(ws, await token({ w: "write" }), "w")
  store.shut()
  writer.doc.getMap("m").set("x", 1)
  await waitFor(() => store.appends === 1, { what: "the append" })
  const closing = relay.close()
  const again = relay.close()
  expect(writer.client.closed).toBeUndefined()
  store.open()
  await writer.durable()
  expect(await writer.client.closing()).toMatchObject({ code: 1012 })
  await Promise.all([closing, again])
  expect(await store.head("log/w@1")).toBe(1)
  await expect(fetch(`${http}/livez`)).rejects.toThrow("fetch failed")
  const late = new RawClient(ws, await token({ w: "write" }))
  expect(await late.closing()).toMatchObject({ code: 1006 })
})

test("R35 a port that is taken is refused with what to do", async () => {
  const { relay, store } = await startTestRelay()
  const verifier = { verify: () => Promise.reject(new Error("not asked")) }
  const listen = { host: "127.0.0.1", port: relay.port }
  await expect(startRelay({ store, verifier, listen })).rejects.toMatchObject({
    kind: "unavailable",
    message: expect.stringContaining("port is taken") as string,
  })
})
