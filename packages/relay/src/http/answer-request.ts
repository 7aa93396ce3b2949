import type { IncomingMessage } from "node:http"
import { asMillraceError, MillraceError } from "@millrace/ports"
import type { Session } from "../socket/session.ts"
import { addressOf } from "../guard/address.ts"
import { type Answer, errorAnswer } from "./answer.ts"
import { decodePart, pathOf } from "./path.ts"
import type { ProcessState, Route } from "./route.ts"
import { routes } from "./routes.ts"

/** Answers a request that is no upgrade; never rejects. */
export async function answerRequest(
  session: Session,
  process: ProcessState,
  request: IncomingMessage,
): Promise<Answer> {
  try {
    const { pathname, searchParams } = pathOf(request.url)
    if (pathname === "/sync" || pathname.startsWith("/sync/")) {
      throw new MillraceError("This path speaks WebSocket; connect with a y-websocket client.", { kind: "unsupported" })
    }
    const { route, workspace } = find(request.method ?? "GET", pathname)
    const context = { session, process, request, workspace, query: searchParams }
    if (route.open) return await route.handle(context)
    return await withToken(session, process, request, route, context)
  } catch (thrown) {
    const error = asMillraceError(thrown, "bug")
    session.metrics.refusals.add(error.kind)
    if (error.kind === "bug") session.log.error("request failed", { reason: error.message })
    // What is left of a body would be taken for the next request.
    return { ...errorAnswer(error), ...(request.complete ? {} : closing(errorAnswer(error))) }
  }
}

type TokenRoute = Extract<Route, { open: false }>

async function withToken(
  session: Session,
  process: ProcessState,
  request: IncomingMessage,
  route: TokenRoute,
  context: Parameters<TokenRoute["handle"]>[0],
): Promise<Answer> {
  const token = /^Bearer (.+)$/i.exec(request.headers.authorization ?? "")?.[1]
  if (token === undefined) {
    throw new MillraceError("A token is needed: send `Authorization: Bearer ...`.", { kind: "unauthenticated" })
  }
  const leaveAddress = session.guard.enterAddress(addressOf(request, process.trustedProxies))
  try {
    const claims = await session.verifier.verify(token)
    const leaveUser = session.guard.enterUser(claims.subject)
    try {
      session.guard.passUser(claims.subject, 0)
      return await route.handle(context, claims)
    } finally {
      leaveUser()
    }
  } finally {
    leaveAddress()
  }
}

function find(method: string, pathname: string): { readonly route: Route; readonly workspace: string } {
  const parts = pathname.split("/")
  const wanted = method === "HEAD" ? "GET" : method
  const elsewhere: string[] = []
  for (const route of routes) {
    const pattern = route.path.split("/")
    if (pattern.length !== parts.length) continue
    if (!pattern.every((part, at) => part === parts[at] || (part === "{workspace}" && parts[at] !== ""))) continue
    if (route.method === wanted) {
      const at = pattern.indexOf("{workspace}")
      return { route, workspace: at === -1 ? "" : decodePart(parts[at] ?? "") }
    }
    elsewhere.push(route.method)
  }
  if (elsewhere.length === 0) throw new MillraceError("There is nothing at this path.", { kind: "not-found" })
  throw new MillraceError(`${method.slice(0, 20)} does nothing here; use ${elsewhere.join(" or ")}.`, {
    kind: "not-found",
  })
}

function closing(answer: Answer): Pick<Answer, "headers"> {
  return { headers: { ...answer.headers, connection: "close" } }
}
