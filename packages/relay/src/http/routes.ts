import type { IncomingMessage } from "node:http"
import { asMillraceError, MillraceError } from "@millrace/ports"
import { formatWorkspaceRef, parseWorkspaceRef, type WorkspaceRef } from "@millrace/protocol"
import { grantFor } from "../access/grants.ts"
import type { Verifier } from "../access/token.ts"
import { checkGeneration, currentGeneration, streamOf } from "../room/stream-name.ts"
import type { Session } from "../socket/session.ts"
import { type Answer, errorAnswer, jsonAnswer } from "./answer.ts"

/** The path and the query of a request, never throwing. The query may hold a token and is never written anywhere. */
export function pathOf(url: string | undefined): { readonly pathname: string; readonly searchParams: URLSearchParams } {
  const [pathname = "/", ...query] = (url ?? "/").split("?")
  return { pathname, searchParams: new URLSearchParams(query.join("?")) }
}

/** The workspace behind `prefix` in a path. Throws kind `invalid` for what is no workspace. */
export function refIn(pathname: string, prefix: string): WorkspaceRef {
  let text: string
  try {
    text = decodeURIComponent(pathname.slice(prefix.length))
  } catch (cause) {
    throw new MillraceError("The path does not decode.", { kind: "invalid", cause })
  }
  return parseWorkspaceRef(text)
}

/** Answers a request that is no upgrade; never rejects. */
export async function answerRequest(
  session: Session,
  verifier: Verifier,
  ready: () => boolean,
  request: IncomingMessage,
): Promise<Answer> {
  try {
    const { pathname } = pathOf(request.url)
    if (pathname === "/sync" || pathname.startsWith("/sync/")) {
      throw new MillraceError("This path speaks WebSocket; connect with a y-websocket client.", { kind: "unsupported" })
    }
    if (request.method !== "GET" && request.method !== "HEAD") {
      throw new MillraceError("There is nothing to change here; use GET.", { kind: "not-found" })
    }
    if (pathname === "/livez") return jsonAnswer(200, { live: true })
    if (pathname === "/readyz") return jsonAnswer(ready() ? 200 : 503, { ready: ready() })
    if (pathname.startsWith("/workspaces/")) return await describe(session, verifier, request, pathname)
    throw new MillraceError("There is nothing at this path.", { kind: "not-found" })
  } catch (thrown) {
    return errorAnswer(asMillraceError(thrown, "bug"))
  }
}

async function describe(
  session: Session,
  verifier: Verifier,
  request: IncomingMessage,
  pathname: string,
): Promise<Answer> {
  const token = /^Bearer (.+)$/i.exec(request.headers.authorization ?? "")?.[1]
  if (token === undefined) {
    throw new MillraceError("A token is needed: send `Authorization: Bearer ...`.", { kind: "unauthenticated" })
  }
  const claims = await verifier.verify(token)
  const ref = refIn(pathname, "/workspaces/")
  grantFor(claims, ref)
  checkGeneration(ref, 0)
  const seq = await session.store.head(streamOf(ref))
  return jsonAnswer(200, { workspace: formatWorkspaceRef(ref), generation: currentGeneration, seq })
}
