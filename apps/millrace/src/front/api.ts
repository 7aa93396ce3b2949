import type { IncomingMessage, ServerResponse } from "node:http"
import { messageOf, MillraceError } from "@millrace/ports"
import { isWorkspaceName } from "@millrace/protocol"
import type { FrontOptions } from "./front.ts"
import { answerJson } from "./json-answer.ts"

type Sources = Pick<FrontOptions, "relayOrigin" | "projectorOrigin" | "fetch">

const timeoutMs = 10_000

/**
 * Answers `GET /api/workspaces/<w>/status`: the log's position from the relay, then the counts of each target from
 * the projector, which waits a moment until it has seen that position. The caller's token is checked by both.
 */
export async function answerApi(request: IncomingMessage, response: ServerResponse, sources: Sources): Promise<void> {
  const { pathname } = new URL(request.url ?? "/", "http://front")
  const workspace = /^\/api\/workspaces\/([^/]+)\/status$/.exec(pathname)?.[1]
  if (workspace === undefined || !isWorkspaceName(workspace)) {
    throw new MillraceError(`There is no API at ${pathname}.`, { kind: "not-found" })
  }
  if (request.method !== "GET") throw new MillraceError("Only GET is answered here.", { kind: "invalid" })
  const authorization = request.headers.authorization ?? ""
  const log = await ask("relay", sources.relayOrigin(), `/workspaces/${workspace}`, authorization, sources.fetch)
  if (!log.ok) return answerJson(response, log.status, log.body)
  const { seq } = log.body as { readonly seq: number }
  const path = `/workspaces/${workspace}/status?seq=${seq}`
  const state = await ask("projector", sources.projectorOrigin(), path, authorization, sources.fetch)
  if (!state.ok) return answerJson(response, state.status, state.body)
  answerJson(response, 200, { ...(state.body as object), workspace, seq })
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
  authorization: string,
  fetch: typeof globalThis.fetch,
): Promise<Answer> {
  if (origin === undefined) throw down(who, "it is being started again")
  try {
    const answer = await fetch(`${origin}${path}`, {
      headers: { authorization },
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
