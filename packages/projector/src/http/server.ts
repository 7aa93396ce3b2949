import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { asMillraceError, httpStatusOf, type Log, MillraceError } from "@millrace/ports"
import type { Projector } from "../projector.ts"
import type { Caller } from "./caller.ts"
import { metricsPage, metricsType } from "./metrics-page.ts"
import { readJson } from "./read-body.ts"
import { findRoute, keyOf } from "./route.ts"
import { routes } from "./routes.ts"

export interface WorkerServerOptions {
  readonly projector: Projector
  readonly host: string
  /** 0 for any free port. */
  readonly port: number
  /** Who a token is. Throws kind `unauthenticated` for one that is wrong or expired. */
  readonly authenticate: (token: string) => Promise<Caller>
  readonly log: Log
}

export interface WorkerServer {
  readonly url: string
  /** Ends open connections too. Idempotent. */
  close(): Promise<void>
}

/**
 * The worker's own HTTP: `/livez`, `/readyz`, `/metrics`, and with a bearer token everything of `routes`, JSON all of them. A
 * header `Idempotency-Key` makes a repeat of a POST answer as the first one did, without a second effect.
 *
 * Throws kind `usage` when the address cannot be had.
 */
export async function startWorkerServer(options: WorkerServerOptions): Promise<WorkerServer> {
  const server = createServer((request, response) => {
    answer(request, options).then(
      (given) => send(response, given),
      (thrown: unknown) => {
        const error = asMillraceError(thrown, "bug")
        if (error.kind === "bug") options.log.error("request failed", { detail: error.message })
        send(response, errorAnswer(error))
      },
    )
  })
  server.headersTimeout = 10_000
  server.requestTimeout = 10_000
  await listen(server, options.host, options.port)
  const { address, port, family } = server.address() as AddressInfo
  let closing: Promise<void> | undefined
  return {
    url: `http://${family === "IPv6" ? `[${address}]` : address}:${port}`,
    close: () => {
      closing ??= new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
      return closing
    },
  }
}

interface Answer {
  readonly status: number
  readonly body: string
  readonly type?: string
  readonly headers?: Readonly<Record<string, string>>
}

async function answer(request: IncomingMessage, options: WorkerServerOptions): Promise<Answer> {
  const { projector } = options
  const url = new URL(request.url ?? "/", "http://worker")
  const isRead = request.method === "GET" || request.method === "HEAD"
  if (isRead && url.pathname === "/livez") return json(200, { live: true })
  if (isRead && url.pathname === "/readyz") {
    const readiness = projector.readiness()
    return json(readiness.ready ? 200 : 503, readiness)
  }
  if (isRead && url.pathname === "/metrics") {
    return { status: 200, body: metricsPage(projector.metrics()), type: metricsType }
  }
  const { route, at, methods } = findRoute(routes, isRead ? "GET" : (request.method ?? ""), url.pathname)
  if (route === undefined) return noRoute(url.pathname, methods)
  const caller = await callerOf(request, options)
  const given = await route.handle({
    projector,
    caller,
    at,
    query: url.searchParams,
    key: keyOf(request),
    body: () => readJson(request),
  })
  return json(200, given)
}

function callerOf(request: IncomingMessage, options: WorkerServerOptions): Promise<Caller> {
  const token = /^Bearer ([^\s]+)$/i.exec(request.headers.authorization ?? "")?.[1]
  if (token !== undefined) return options.authenticate(token)
  throw new MillraceError("Send a token in the header Authorization: Bearer TOKEN.", { kind: "unauthenticated" })
}

function noRoute(pathname: string, methods: readonly string[]): Answer {
  if (methods.length === 0) {
    throw new MillraceError(`There is nothing at ${pathname}: see the projector's README for what there is.`, {
      kind: "not-found",
    })
  }
  const allow = methods.join(", ")
  return { ...json(405, errorBody("unsupported", `Only ${allow} is answered here.`)), headers: { allow } }
}

function errorAnswer({ kind, message, retry }: MillraceError): Answer {
  const headers: Record<string, string> = {}
  if (kind === "unauthenticated") headers["www-authenticate"] = "Bearer"
  if (typeof retry === "object") headers["retry-after"] = String(Math.ceil(retry.afterMs / 1_000))
  const text = kind === "bug" ? "The request failed; the worker's log says why." : message
  // Status 426 asks for another protocol, which is not what is meant here.
  return { ...json(kind === "unsupported" ? 422 : httpStatusOf(kind), errorBody(kind, text)), headers }
}

function errorBody(kind: string, message: string): unknown {
  return { error: { kind, message } }
}

function json(status: number, body: unknown): Answer {
  return { status, body: JSON.stringify(body ?? null) }
}

function send(response: ServerResponse, { status, body, type, headers = {} }: Answer): void {
  if (response.headersSent) return void response.destroy()
  response.writeHead(status, { "content-type": type ?? "application/json", "cache-control": "no-store", ...headers })
  response.end(body)
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (cause) => {
      const message = `Cannot listen on ${host}:${port}: ${cause.message}. Choose another address with --listen.`
      reject(new MillraceError(message, { kind: "usage", cause }))
    })
    server.listen(port, host, () => resolve())
  })
}
