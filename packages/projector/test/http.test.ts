import { MillraceError, silentLog } from "@millrace/ports"
import { atEndOfTests } from "@millrace/testkit"
import { expect, test } from "vitest"
import type { Caller } from "../src/http/caller.ts"
import { startWorkerServer, type WorkerServer } from "../src/http/server.ts"
import { memoryLogTarget } from "./support/memory-target.ts"
import { Stage } from "./support/stage.ts"

/** Tokens of these tests: `WORKSPACE`, which writes, `ROLE@WORKSPACE`, or `root`. */
async function callerOf(token: string): Promise<Caller> {
  if (token === "bad") throw new MillraceError("The token has expired.", { kind: "unauthenticated" })
  const [role = "", workspace] = token.includes("@") ? token.split("@") : ["write", token]
  return {
    subject: token,
    roleIn: (name) => (token === "root" ? "admin" : name === workspace ? role : undefined),
    isAdminOfAll: token === "root",
  }
}

async function serve(stage: Stage, port = 0): Promise<WorkerServer> {
  const server = await startWorkerServer({
    projector: stage.projector,
    host: "127.0.0.1",
    port,
    authenticate: callerOf,
    log: silentLog,
  })
  atEndOfTests(() => server.close())
  return server
}

async function get(url: string, token?: string): Promise<{ readonly status: number; readonly body: unknown }> {
  const response = await fetch(url, token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } })
  return { status: response.status, body: await response.json() }
}

const all = { name: "all", target: "sink", collections: ["notes"] }

test("J38 the status of a workspace answers once the position asked for is reached, and after a second as it is", async () => {
  const stage = new Stage()
  await stage.start({ targets: [memoryLogTarget()], bindings: [all] })
  const { url } = await serve(stage)
  const early = get(`${url}/workspaces/w/status?seq=1`, "w")
  stage.writer.put("a", "one")
  expect(await early).toMatchObject({ status: 200, body: { workspace: "w", generation: 1, position: 1 } })
  await stage.settled()
  expect(await get(`${url}/workspaces/w/status`, "w")).toEqual({
    status: 200,
    body: {
      workspace: "w",
      generation: 1,
      position: 1,
      state: "following",
      error: null,
      targets: [
        {
          name: "sink",
          kind: "memory",
          state: "ready",
          lastError: null,
          bindings: [{ name: "all", watermark: 1, pending: 0, synced: 1, rejected: 0, conflicts: 0, parked: 0 }],
        },
      ],
    },
  })
  expect(await get(`${url}/workspaces/w/status?seq=99`, "w")).toMatchObject({ status: 200, body: { position: 1 } })
})

test("J39 the worker's HTTP gives a status only to a token that may read the workspace", async () => {
  const stage = new Stage()
  await stage.start({ targets: [memoryLogTarget()], bindings: [all] })
  const { url } = await serve(stage)
  const path = `${url}/workspaces/w/status`
  expect(await get(path)).toMatchObject({ status: 401, body: { error: { kind: "unauthenticated" } } })
  expect(await get(path, "bad")).toMatchObject({ status: 401, body: { error: { message: "The token has expired." } } })
  expect(await get(path, "other")).toMatchObject({ status: 403, body: { error: { kind: "forbidden" } } })
  expect(await get(`${path}?seq=-1`, "w")).toMatchObject({ status: 400, body: { error: { kind: "invalid" } } })
  expect(await get(`${url}/workspaces/No%20Name/status`, "w")).toMatchObject({ status: 404 })
  expect(await get(`${url}/`)).toMatchObject({ status: 404 })
  expect((await fetch(path, { method: "POST" })).status).toBe(405)
})

test("J40 livez says that the process runs, readyz that the store is open and the relay connected", async () => {
  const stage = new Stage()
  await stage.start({ targets: [memoryLogTarget()], bindings: [all] })
  stage.writer.put("a", "one")
  await stage.settled()
  const { url } = await serve(stage)
  expect(await get(`${url}/livez`)).toEqual({ status: 200, body: { live: true } })
  expect(await get(`${url}/readyz`)).toMatchObject({ status: 200, body: { ready: true } })
})

test("J40 an address that is taken is a clear error", async () => {
  const stage = new Stage()
  await stage.start({ targets: [memoryLogTarget()], bindings: [all] })
  const { url } = await serve(stage)
  await expect(serve(stage, Number(new URL(url).port))).rejects.toMatchObject({ kind: "usage" })
})
