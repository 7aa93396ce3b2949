import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { type Log, MillraceError, messageOf } from "@millrace/ports"
import type { Projector } from "../projector.ts"

export interface WorkerServerOptions {
  readonly projector: Projector
  readonly host: string
  /** 0 for any free port. */
  readonly port: number
  /** Whether the token may read the workspace. Throws kind `unauthenticated` for a token that is wrong or expired. */
  readonly authorize: (token: string, workspace: string) => Promise<boolean> | boolean
  readonly log: Log
}

export interface WorkerServer {
  readonly url: string
  /** Ends open connections too. Idempotent. */
  close(): Promise<void>
}

const statusPath = /^\/workspaces\/([a-z0-9][a-z0-9._-]{0,63})\/status$/

/**
 * The worker's own HTTP: `/livez`, `/readyz` and `/workspaces/<workspace>/status?seq=S`, JSON all of them.
 *
 * Throws kind `usage` when the address cannot be had.
 */
export async function startWorkerServer(options: WorkerServerOptions): Promise<WorkerServer> {
  const server = createServer((request, response) => {
    answer(request, options).then(
      ({ status, body, headers }) => send(response, status, body, headers),
      (thrown: unknown) => {
        options.log.error("request failed", { detail: messageOf(thrown) })
        send(response, 500, errorBody("bug", "The request failed; the worker's log says why."))
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
  readonly body: unknown
  readonly headers?: Readonly<Record<string, string>>
}

async function answer(request: IncomingMessage, options: WorkerServerOptions): Promise<Answer> {
  if (request.method !== "GET" && request.method !== "HEAD") {
    return {
      status: 405,
      body: errorBody("unsupported", "Only GET is answered here."),
      headers: { allow: "GET, HEAD" },
    }
  }
  const url = new URL(request.url ?? "/", "http://worker")
  if (url.pathname === "/livez") return { status: 200, body: { live: true } }
  if (url.pathname === "/readyz") {
    const readiness = options.projector.readiness()
    return { status: readiness.ready ? 200 : 503, body: readiness }
  }
  const workspace = statusPath.exec(url.pathname)?.[1]
  if (workspace === undefined) {
    return {
      status: 404,
      body: errorBody("not-found", "There is /livez, /readyz and /workspaces/<workspace>/status here."),
    }
  }
  return answerStatus(request, url, workspace, options)
}

async function answerStatus(
  request: IncomingMessage,
  url: URL,
  workspace: string,
  { projector, authorize }: WorkerServerOptions,
): Promise<Answer> {
  const token = /^Bearer ([^\s]+)$/i.exec(request.headers.authorization ?? "")?.[1]
  if (token === undefined) return unauthenticated("Send a token in the header Authorization: Bearer TOKEN.")
  try {
    if (!(await authorize(token, workspace))) {
      return { status: 403, body: errorBody("forbidden", `The token does not allow to read ${workspace}.`) }
    }
  } catch (thrown) {
    if (thrown instanceof MillraceError && thrown.kind === "unauthenticated") return unauthenticated(thrown.message)
    throw thrown
  }
  const seq = Number(url.searchParams.get("seq") ?? "0")
  if (!Number.isSafeInteger(seq) || seq < 0) {
    return { status: 400, body: errorBody("invalid", "seq must be a whole number.") }
  }
  return { status: 200, body: await projector.reportAt(workspace, seq) }
}

function unauthenticated(message: string): Answer {
  return { status: 401, body: errorBody("unauthenticated", message), headers: { "www-authenticate": "Bearer" } }
}

function errorBody(kind: string, message: string): unknown {
  return { error: { kind, message } }
}

function send(response: ServerResponse, status: number, body: unknown, headers: Answer["headers"] = {}): void {
  const text = JSON.stringify(body)
  response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store", ...headers })
  response.end(text)
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
