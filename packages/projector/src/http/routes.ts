import { MillraceError } from "@millrace/ports"
import type { Doer, Place } from "../operations/types.ts"
import { bodyAs } from "./bodies.ts"
import { type CallerRole, mustBe, mustBeAdminOfAll } from "./caller.ts"
import type { Handler, Request, Route } from "./route.ts"

/**
 * Everything that people may ask of a projector. What reads needs role `read`, answers to what is stuck `write`, what changes
 * a target on purpose `publish`, a target or binding as a whole an admin of everything.
 */
export const routes: readonly Route[] = [
  get("/workspaces/{workspace}/status", inWorkspace("read", status)),
  get(
    "/workspaces/{workspace}/conflicts",
    inWorkspace("read", ({ projector, at }) => ({
      conflicts: projector.operations.conflicts(at["workspace"] ?? ""),
    })),
  ),
  post("/workspaces/{workspace}/conflicts/{conflict}/resolve", inWorkspace("write", resolve)),
  get(
    "/workspaces/{workspace}/parked",
    inWorkspace("read", ({ projector, at, query }) => ({
      parked: projector.operations.parked(at["workspace"] ?? "", query.get("binding") ?? undefined),
    })),
  ),
  get(
    "/workspaces/{workspace}/bindings/{binding}/plan",
    inWorkspace("read", ({ projector, at }) => projector.operations.plan(placeIn(at))),
  ),
  post("/workspaces/{workspace}/bindings/{binding}/apply", inWorkspace("publish", apply)),
  post("/workspaces/{workspace}/bindings/{binding}/rollback", inWorkspace("publish", rollback)),
  get(
    "/workspaces/{workspace}/bindings/{binding}/releases",
    inWorkspace("read", ({ projector, at }) => ({
      releases: projector.operations.releases(placeIn(at)),
    })),
  ),
  get(
    "/workspaces/{workspace}/bindings/{binding}/drift",
    inWorkspace("read", ({ projector, at }) => projector.operations.drift(placeIn(at))),
  ),
  get(
    "/workspaces/{workspace}/bindings/{binding}/held",
    inWorkspace("read", ({ projector, at }) => projector.operations.heldDeletions(placeIn(at))),
  ),
  post("/workspaces/{workspace}/bindings/{binding}/confirm", inWorkspace("publish", confirm)),
  post("/workspaces/{workspace}/bindings/{binding}/adopt", inWorkspace("publish", adopt)),
  post("/workspaces/{workspace}/bindings/{binding}/resync", inWorkspace("publish", resync)),
  post("/workspaces/{workspace}/bindings/{binding}/retry", inWorkspace("write", retry)),
  post("/workspaces/{workspace}/bindings/{binding}/drop", inWorkspace("write", drop)),
  post("/workspaces/{workspace}/bindings/{binding}/actions", inWorkspace("publish", act)),
  get("/paused", ({ projector }) => ({ paused: projector.operations.paused })),
  get(
    "/targets/{target}/check",
    forAll(({ projector, at }) => projector.operations.check(at["target"] ?? "")),
  ),
  ...(["target", "binding"] as const).flatMap((kind) => [
    post(
      `/${kind}s/{name}/pause`,
      forAll((request) => hold(request, kind, true)),
    ),
    post(
      `/${kind}s/{name}/resume`,
      forAll((request) => hold(request, kind, false)),
    ),
  ]),
]

const workspaceName = /^[a-z0-9][a-z0-9._-]{0,63}$/

function get(path: string, handle: Handler): Route {
  return { method: "GET", path, handle }
}

function post(path: string, handle: Handler): Route {
  return { method: "POST", path, handle }
}

function inWorkspace(role: CallerRole, handle: Handler): Handler {
  return (request) => {
    const { workspace = "" } = request.at
    if (!workspaceName.test(workspace)) throw new MillraceError("There is no such workspace.", { kind: "not-found" })
    mustBe(request.caller, workspace, role)
    return handle(request)
  }
}

function forAll(handle: Handler): Handler {
  return (request) => {
    mustBeAdminOfAll(request.caller)
    return handle(request)
  }
}

function placeIn(at: Request["at"]): Place {
  return { workspace: at["workspace"] ?? "", binding: at["binding"] ?? "" }
}

function doerOf({ caller, key }: Request): Doer {
  return key === undefined ? { by: caller.subject } : { by: caller.subject, key }
}

function status({ projector, at, query }: Request): unknown {
  const seq = Number(query.get("seq") ?? "0")
  if (!Number.isSafeInteger(seq) || seq < 0) throw new MillraceError("seq must be a whole number.", { kind: "invalid" })
  return projector.reportAt(at["workspace"] ?? "", seq)
}

async function resolve(request: Request): Promise<unknown> {
  const given = bodyAs("resolve", await request.body())
  const { workspace = "", conflict = "" } = request.at
  await request.projector.operations.resolve({ workspace, conflict, ...given, ...doerOf(request) })
  return { resolved: conflict }
}

async function apply(request: Request): Promise<unknown> {
  const { operations } = request.projector
  const place = placeIn(request.at)
  const given = { ...place, ...bodyAs("plan", await request.body()), ...doerOf(request) }
  await operations.apply(given)
  return { applied: given.plan }
}

async function rollback(request: Request): Promise<unknown> {
  const given = bodyAs("rollback", await request.body())
  const release = await request.projector.operations.rollback({ ...placeIn(request.at), ...given, ...doerOf(request) })
  return { release }
}

async function confirm(request: Request): Promise<unknown> {
  bodyAs("none", await request.body())
  const { operations } = request.projector
  const held = operations.heldDeletions(placeIn(request.at))
  await operations.confirm({ ...placeIn(request.at), ...doerOf(request) })
  return { confirmed: held }
}

async function adopt(request: Request): Promise<unknown> {
  const { collections, ids } = bodyAs("adopt", await request.body())
  const wanted = ids === undefined ? undefined : new Set(ids)
  return request.projector.operations.adopt(
    placeIn(request.at),
    ({ collection, id }) => (collections?.includes(collection) ?? true) && (wanted?.has(id) ?? true),
  )
}

async function resync(request: Request): Promise<unknown> {
  bodyAs("none", await request.body())
  return request.projector.operations.resync(placeIn(request.at))
}

async function retry(request: Request): Promise<unknown> {
  const { records } = bodyAs("retry", await request.body())
  const names = records?.map(({ collection, id }) => [collection, id] as const)
  const retried = await request.projector.operations.retry({
    ...placeIn(request.at),
    ...(names === undefined ? {} : { records: names }),
    ...doerOf(request),
  })
  return { retried }
}

async function drop(request: Request): Promise<unknown> {
  const given = bodyAs("drop", await request.body())
  await request.projector.operations.drop({ ...placeIn(request.at), ...given, ...doerOf(request) })
  return { dropped: given }
}

async function act(request: Request): Promise<unknown> {
  const { key } = request
  if (key === undefined) {
    throw new MillraceError("Send a header Idempotency-Key, drawn anew for each thing that you want done once.", {
      kind: "invalid",
    })
  }
  const given = bodyAs("act", await request.body())
  return request.projector.operations.act({ ...placeIn(request.at), ...given, by: request.caller.subject, key })
}

async function hold(request: Request, kind: "target" | "binding", pause: boolean): Promise<unknown> {
  bodyAs("none", await request.body())
  const { name = "" } = request.at
  const scope = kind === "target" ? { target: name } : { binding: name }
  const { operations } = request.projector
  await (pause ? operations.pause(scope, doerOf(request)) : operations.resume(scope, doerOf(request)))
  return { paused: operations.paused }
}
