import type { IncomingMessage } from "node:http"
import type { Projector } from "../projector.ts"
import type { Caller } from "./caller.ts"

export interface Request {
  readonly projector: Projector
  readonly caller: Caller
  /** Parts of the path in the places of `{name}`, decoded. */
  readonly at: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  /** What header `Idempotency-Key` says. */
  readonly key: string | undefined
  body(): Promise<unknown>
}

/** What the answer's body says, as JSON. */
export type Handler = (request: Request) => unknown

export interface Route {
  readonly method: "GET" | "POST"
  /** With `{name}` for one part. */
  readonly path: string
  readonly handle: Handler
}

/** The route for a request and the parts of its path; `methods` are those that the path has, empty for an unknown path. */
export function findRoute(
  routes: readonly Route[],
  method: string,
  pathname: string,
): { readonly route?: Route; readonly at: Readonly<Record<string, string>>; readonly methods: readonly string[] } {
  const methods: string[] = []
  for (const route of routes) {
    const at = match(route.path, pathname)
    if (at === undefined) continue
    if (route.method === method) return { route, at, methods: [method] }
    methods.push(route.method)
  }
  return { at: {}, methods }
}

function match(pattern: string, pathname: string): Record<string, string> | undefined {
  const [wanted, given] = [pattern.split("/"), pathname.split("/")]
  if (wanted.length !== given.length) return undefined
  const at: Record<string, string> = {}
  for (const [index, part] of wanted.entries()) {
    const value = decoded(given[index] ?? "")
    if (value === undefined || value === "" ? part !== value : false) return undefined
    if (part.startsWith("{")) at[part.slice(1, -1)] = value ?? ""
    else if (part !== value) return undefined
  }
  return at
}

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part)
  } catch {
    return undefined
  }
}

/** The key of a request; at most 200 characters. */
export function keyOf(request: IncomingMessage): string | undefined {
  const key = request.headers["idempotency-key"]
  return typeof key === "string" && key !== "" ? key.slice(0, 200) : undefined
}
