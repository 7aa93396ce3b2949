import type { IncomingMessage, ServerResponse } from "node:http"
import { messageOf, MillraceError } from "@millrace/ports"
import { isWorkspaceName } from "@millrace/protocol"
import type { FrontOptions } from "./front.ts"
import { answerJson } from "./json-answer.ts"

type Sources = Pick<FrontOptions, "relayOrigin" | "projectorOrigin" | "fetch">

const readTimeoutMs = 60_000
const actTimeoutMs = 600_000
const maxBodyBytes = 1_048_576

/**
 * Answers what stands below `/api`.
 *
 * `GET /api/workspaces/<w>/status` is the log's position from the relay, then the counts of each target from the projector, which
 * waits a moment until it has seen that position. Everything else is the projector's own API, handed through. The caller's
 * token is checked by those who answer.
 */
export async function answerApi(request: IncomingMessage, response: ServerResponse, sources: Sources): Promise<void> {
  const { pathname, search } = new URL(request.url ?? "/", "http://front")
  const workspace = /^\/api\/workspaces\/([^/]+)\/status$/.exec(pathname)?.[1]
  const headers = { authorization: request.headers.authorization ?? "" }
  if (workspace === undefined || !isWorkspaceName(workspace) || request.method !== "GET") {
    const path = `${pathname.slice("/api".length)}${search}`
    const given = await ask(
      "projector",
      sources.projectorOrigin(),
      path,
      await passedOn(request, headers),
      sources.fetch,
    )
    return answerJson(response, given.status, given.body)
  }
  const log = await ask("relay", sources.relayOrigin(), `/workspaces/${workspace}`, { headers }, sources.fetch)
  if (!log.ok) return answerJson(response, log.status, log.body)
  const { seq } = log.body as { readonly seq: number }
  const path = `/workspaces/${workspace}/status?seq=${seq}`
  const state = await ask("projector", sources.projectorOrigin(), path, { headers }, sources.fetch)
  if (!state.ok) return answerJson(response, state.status, state.body)
  answerJson(response, 200, { ...(state.body as object), workspace, seq })
}

/** What is handed on of a request: method, token, idempotency key and body. */
async function passedOn(
  request: IncomingMessage,
  { authorization }: { readonly authorization: string },
): Promise<Asking> {
  const key = request.headers["idempotency-key"]
  const headers = { authorization, ...(typeof key === "string" ? { "idempotency-key": key } : {}) }
  if (request.method === "GET" || request.method === "HEAD") return { headers }
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > maxBodyBytes) throw new MillraceError(`A body may have ${maxBodyBytes} bytes.`, { kind: "too-large" })
    chunks.push(chunk)
  }
  // A plan of thousands of records, or an adoption, takes the target its time.
  return { method: request.method ?? "POST", headers, body: Buffer.concat(chunks), timeoutMs: actTimeoutMs }
}

interface Asking {
  readonly method?: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: Buffer<ArrayBuffer>
  readonly timeoutMs?: number
}

interface Answer {
  readonly ok: boolean
  readonly status: number
  readonly body: unknown
}

async function ask(
  who: string,
  origin: string | undefined,
  path: string,
  { timeoutMs = readTimeoutMs, body, ...asking }: Asking,
  fetch: typeof globalThis.fetch,
): Promise<Answer> {
  if (origin === undefined) throw down(who, "it is being started again")
  try {
    const answer = await fetch(`${origin}${path}`, {
      ...asking,
      ...(body === undefined ? {} : { body }),
      signal: AbortSignal.timeout(timeoutMs),
    })
    return { ok: answer.ok, status: answer.status, body: await answer.json() }
  } catch (cause) {
    throw down(who, messageOf(cause), cause)
  }
}

function down(who: string, why: string, cause?: unknown): MillraceError {
  return new MillraceError(`The ${who} does not answer (${why}); try again in a moment.`, {
    kind: "unavailable",
    retry: { afterMs: 1000 },
    cause,
  })
}
