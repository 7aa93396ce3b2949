import { MillraceError, silentLog } from "@millrace/ports"
import { atEndOfTests, waitFor } from "@millrace/testkit"
import { expect, test } from "vitest"
import { startWorkerServer } from "../src/http/server.ts"
import type { Change } from "@millrace/target"
import { type Apply, memoryLogTarget, memoryStateTarget } from "./support/memory-target.ts"
import { Stage } from "./support/stage.ts"

interface Answer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

interface Api {
  get(path: string, token?: string): Promise<Answer>
  post(path: string, body?: unknown, options?: { readonly token?: string; readonly key?: string }): Promise<Answer>
  text(path: string): Promise<string>
}

/** Tokens are `ROLE@WORKSPACE`, or `root`. */
async function serve(stage: Stage): Promise<Api> {
  const server = await startWorkerServer({
    projector: stage.projector,
    host: "127.0.0.1",
    port: 0,
    authenticate: async (token) => {
      const [role = "", workspace] = token.split("@")
      if (token !== "root" && workspace === undefined)
        throw new MillraceError("It is none.", { kind: "unauthenticated" })
      return {
        subject: token,
        roleIn: (name) => (token === "root" ? "admin" : name === workspace ? role : undefined),
        isAdminOfAll: token === "root",
      }
    },
    log: silentLog,
  })
  atEndOfTests(() => server.close())
  const call = async (path: string, init: RequestInit, token: string): Promise<Answer> => {
    const headers = { ...(init.headers as Record<string, string> | undefined), authorization: `Bearer ${token}` }
    const response = await fetch(`${server.url}${path}`, { ...init, headers })
    return { status: response.status, body: (await response.json()) as Answer["body"] }
  }
  return {
    get: (path, token = "read@w") => call(path, {}, token),
    post: (path, body, { token = "publish@w", key } = {}) =>
      call(
        path,
        {
          method: "POST",
          headers: key === undefined ? {} : { "idempotency-key": key },
          ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
        },
        token,
      ),
    text: async (path) => (await fetch(`${server.url}${path}`)).text(),
  }
}

const refused = new Set<string>()
const refusing: Apply = (changes, keep) =>
  changes.map((change: Change) => {
    if (refused.has(change.id)) {
      return { outcome: "failed", eventId: change.eventId, kind: "invalid", reason: "it has no owner" }
    }
    keep(change)
    return { outcome: "accepted", eventId: change.eventId }
  })

test("J392 what is parked is listed with its reason, tried again, and dropped by version; a repeat under one key has one effect", async () => {
  const stage = new Stage()
  const sink = memoryLogTarget({ apply: refusing })
  refused.add("bad")
  await stage.start({ targets: [sink], bindings: [{ name: "all", target: "sink", collections: ["notes"] }] })
  const api = await serve(stage)
  stage.writer.put("bad", "one")
  stage.writer.put("good", "one")
  await waitFor(async () => ((await api.get("/workspaces/w/parked")).body["parked"] as unknown[]).length === 1, {
    what: "the record to be parked",
  })
  expect(await api.get("/workspaces/w/parked?binding=all")).toMatchObject({
    status: 200,
    body: { parked: [{ collection: "notes", id: "bad", state: "parked", version: 1, reason: "it has no owner" }] },
  })
  const drop = { collection: "notes", id: "bad", version: 1 }
  expect(await api.post("/workspaces/w/bindings/all/drop", { ...drop, version: 7 })).toMatchObject({ status: 409 })
  refused.delete("bad")
  expect(await api.post("/workspaces/w/bindings/all/retry", {}, { key: "k1" })).toMatchObject({ body: { retried: 1 } })
  await stage.settled()
  expect(sink.kept.map(({ id }) => id).sort()).toEqual(["bad", "good"])
  expect(await api.get("/workspaces/w/parked")).toMatchObject({ body: { parked: [] } })
  // The key was used for something else.
  expect(await api.post("/workspaces/w/bindings/all/drop", drop, { key: "k1" })).toMatchObject({ status: 409 })
})

test("J393 a plan of a published binding is carried out once, by who may publish, and refused once it is stale", async () => {
  const stage = new Stage()
  const sink = memoryStateTarget()
  await stage.start({
    targets: [sink],
    bindings: [{ name: "jobs", target: "sink", collections: ["notes"], mode: "published" }],
  })
  const api = await serve(stage)
  stage.writer.put("a", "one")
  const path = "/workspaces/w/bindings/jobs"
  const planned = async (): Promise<{ readonly id: string; readonly steps: unknown[] }> =>
    (await api.get(`${path}/plan`)).body as unknown as { id: string; steps: unknown[] }
  let stale = ""
  await waitFor(
    async () => (stale = (await planned()).id) !== "" && stage.view.record("w", "notes", "a") !== undefined,
    {
      what: "the draft",
    },
  )
  stage.writer.put("b", "one")
  await waitFor(() => stage.view.record("w", "notes", "b") !== undefined, { what: "the second draft" })
  expect(sink.kept).toEqual([])
  const { id } = await planned()
  expect(await api.post(`${path}/apply`, { plan: id }, { token: "write@w" })).toMatchObject({ status: 403 })
  expect(await api.post(`${path}/apply`, { plan: stale })).toMatchObject({
    status: 409,
    body: { error: { kind: "conflict" } },
  })
  expect(await api.post(`${path}/apply`, { plan: id, note: "first" }, { key: "p1" })).toMatchObject({ status: 200 })
  expect(await api.post(`${path}/apply`, { plan: id, note: "first" }, { key: "p1" })).toMatchObject({ status: 200 })
  await waitFor(() => sink.kept.length === 2, { what: "the release to arrive" })
  expect(await api.get(`${path}/releases`)).toMatchObject({
    body: { releases: [{ number: 1, by: "publish@w", note: "first" }] },
  })
  // What was dropped from the document comes back with the release.
  stage.writer.put("a", "two")
  await waitFor(() => stage.view.record("w", "notes", "a")?.version === 2, { what: "the next draft" })
  await api.post(`${path}/apply`, { plan: (await planned()).id })
  await waitFor(() => sink.kept.length === 3, { what: "release 2" })
  expect(await api.post(`${path}/rollback`, { to: 1 })).toMatchObject({ status: 200, body: { release: 3 } })
  await waitFor(() => sink.kept.at(-1)?.after === '{"title":"one"}', { what: "release 1's content" })
})

test("J394 whoever may not is refused, and so is what is malformed, each with what to do", async () => {
  const stage = new Stage()
  await stage.start({
    targets: [memoryLogTarget()],
    bindings: [{ name: "all", target: "sink", collections: ["notes"] }],
  })
  const api = await serve(stage)
  stage.writer.put("a", "one")
  await stage.settled()
  const bindings = "/workspaces/w/bindings"
  for (const [answer, status, kind] of [
    [await api.get("/workspaces/w/parked", "read@v"), 403, "forbidden"],
    [await api.get("/workspaces/w/parked", "nobody"), 401, "unauthenticated"],
    [await api.post(`${bindings}/all/retry`, {}, { token: "read@w" }), 403, "forbidden"],
    [await api.post("/targets/sink/pause", {}, { token: "admin@w" }), 403, "forbidden"],
    [await api.post(`${bindings}/none/retry`, {}), 404, "not-found"],
    [await api.get("/targets/none/check", "root"), 404, "not-found"],
    [await api.post(`${bindings}/all/rollback`, { to: 1 }), 422, "unsupported"],
    [await api.get(`${bindings}/all/drift`), 422, "unsupported"],
    [await api.post(`${bindings}/all/retry`, "{"), 400, "invalid"],
    [await api.post(`${bindings}/all/retry`, { record: [] }), 400, "invalid"],
    [await api.post(`${bindings}/all/actions`, { action: "run", collection: "notes", id: "a" }), 400, "invalid"],
    [await api.post("/workspaces/w/conflicts/x/resolve", { choice: "value", baseHash: "" }), 400, "invalid"],
    [await api.post("/workspaces/w/conflicts/x/resolve", { choice: "ours", baseHash: "" }), 404, "not-found"],
    [await api.post(`${bindings}/all/retry`, `"${"x".repeat(1_100_000)}"`), 413, "too-large"],
  ] as const) {
    expect([answer.status, answer.body]).toEqual([status, { error: { kind, message: expect.any(String) as string } }])
  }
})

test("J395 an admin pauses and resumes a target; what comes meanwhile waits", async () => {
  const stage = new Stage()
  const sink = memoryLogTarget()
  await stage.start({ targets: [sink], bindings: [{ name: "all", target: "sink", collections: ["notes"] }] })
  const api = await serve(stage)
  stage.writer.put("a", "one")
  await stage.settled()
  const root = { token: "root" }
  expect(await api.get("/targets/sink/check", "root")).toMatchObject({ body: { ok: true } })
  expect(await api.post("/targets/sink/pause", {}, root)).toMatchObject({ body: { paused: ["target/sink"] } })
  stage.writer.put("b", "one")
  await waitFor(() => stage.view.record("w", "notes", "b") !== undefined, { what: "it to be derived" })
  expect(sink.kept.map(({ id }) => id)).toEqual(["a"])
  expect(await api.post("/targets/sink/resume", {}, root)).toMatchObject({ body: { paused: [] } })
  await stage.settled()
  expect(sink.kept.map(({ id }) => id)).toEqual(["a", "b"])
})

test("J396 metrics tell of lag, outbox and states, in Prometheus' text format, and name no record", async () => {
  const stage = new Stage()
  await stage.start({
    targets: [memoryLogTarget()],
    bindings: [{ name: "all", target: "sink", collections: ["notes"] }],
  })
  const api = await serve(stage)
  stage.writer.put("secret-name", "one")
  await stage.settled()
  const page = await api.text("/metrics")
  expect(page).not.toContain("secret-name")
  const samples = page.split("\n").filter((line) => line !== "" && !line.startsWith("#"))
  for (const line of samples)
    expect(line).toMatch(/^[a-z_]+(\{[a-z_]+="[^"]*"(,[a-z_]+="[^"]*")*\})? (-?[\d.e+-]+|\+Inf)$/)
  expect(page).toMatch(/^projector_outbox_depth\{.*binding="all".*\} 0$/m)
})
