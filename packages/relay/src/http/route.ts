import type { IncomingMessage } from "node:http"
import { MillraceError } from "@millrace/ports"
import type { Claims } from "../access/token.ts"
import type { Session } from "../socket/session.ts"
import type { Answer } from "./answer.ts"

/** What a request may ask of the process itself. */
export interface ProcessState {
  readonly ready: () => boolean
  readonly connections: () => number
  readonly trustedProxies: number
}

export interface RouteContext {
  readonly session: Session
  readonly process: ProcessState
  readonly request: IncomingMessage
  /** Text in the place of `{workspace}`, decoded; empty where the path has none. */
  readonly workspace: string
  readonly query: URLSearchParams
}

/** `open` routes need no token; a handler of the others gets what the token says. */
export type Route = {
  readonly method: "GET" | "POST" | "DELETE"
  /** With `{workspace}` for one part. */
  readonly path: string
} & (
  | { readonly open: true; handle(context: RouteContext): Answer | Promise<Answer> }
  | { readonly open: false; handle(context: RouteContext, claims: Claims): Answer | Promise<Answer> }
)

/** A whole number in the query, within its bounds. Throws kind `invalid`, naming it. */
export function countIn(query: URLSearchParams, name: string, fallback: number, least: number, most: number): number {
  const text = query.get(name)
  if (text === null) return fallback
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN
  if (value >= least && value <= most) return value
  throw new MillraceError(`\`${name}\` must be a whole number from ${least} to ${most}.`, { kind: "invalid" })
}
