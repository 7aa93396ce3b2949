import {
  type Classify,
  type FailureKind,
  type HttpAnswer,
  type HttpOutcome,
  type Refusal,
  retryAfterMs,
} from "@millrace/target"
import { objectOf, textOf } from "./entity.ts"

export interface AtlasContext {
  /** Records that the request is about. */
  readonly records: number
  /** How many requests were answered with a 500 that says nothing, one after the other, this one included. */
  readonly unexplainedInARow: number
  readonly nowMs: number
}

/** So many, and the blame may lie with what is sent: a lock conflict passes sooner. */
const unexplainedBeforeBlame = 3

// Atlas answers some bad payloads with 404 and some missing things with 400, so its code counts before the status.
const kinds: readonly (readonly [pattern: RegExp, kind: FailureKind])[] = [
  [/^ATLAS-404-00-007$/, "invalid"],
  [/^ATLAS-404-00-008$/, "invalid"],
  // What a record refers to is made in the same call or looked up before it: it was deleted in between.
  [/^ATLAS-404-00-00A$/, "retry"],
  [/^ATLAS-404-00-00[1359]$/, "gone"],
  [/^ATLAS-409-/, "conflict"],
  [/^ATLAS-40[13]-/, "auth"],
  [/^ATLAS-400-/, "invalid"],
]

/** What an answer of Atlas means. A bulk is atomic: every answer but 200 and 204 means that nothing of it is kept. */
export const classifyAtlas: Classify<HttpOutcome, AtlasContext> = (outcome, context) => {
  switch (outcome.type) {
    case "unreached":
      return refusal("retry", `No Atlas server can be reached: ${outcome.reason}`)
    case "unknown":
      return refusal("retry", `The Atlas server did not answer: ${outcome.reason}`)
    case "unauthenticated":
      return refusal("auth", outcome.reason)
    case "answer":
      return outcome.status === 200 || outcome.status === 204 ? { outcome: "accepted" } : refused(outcome, context)
  }
}

function refused(answer: HttpAnswer, context: AtlasContext): Refusal {
  const { status } = answer
  const said = `${answer.host} answered ${status}: ${reasonIn(answer.body)}`
  const wait = retryAfterMs(answer.headers["retry-after"], context.nowMs)
  const waiting = wait === undefined ? {} : { retryAfterMs: wait }
  const blame = context.records > 1 ? { wholeBatch: true } : {}
  const code = textOf(objectOf(parsed(answer.body))["errorCode"])
  const named = kinds.find(([pattern]) => pattern.test(code))?.[1]
  if (named !== undefined) return { ...refusal(named, said), ...(named === "invalid" ? blame : {}) }
  if (status === 429) return { ...refusal("rate", said), ...waiting }
  if (status === 401 || status === 403 || status === 407) {
    return refusal("auth", `${said}. Check the target's auth settings and what its user may do in Atlas`)
  }
  if (status === 400 || status === 413 || status === 414 || status === 422) {
    return { ...refusal("invalid", said), ...blame }
  }
  if (status === 409) return refusal("conflict", said)
  if (status === 500) {
    // A lock conflict, or content that breaks the server: it does not say which.
    if (context.unexplainedInARow < unexplainedBeforeBlame) return { ...refusal("retry", said), ...waiting }
    return { ...refusal("bug", said), ...blame }
  }
  if (status === 404 || status === 405 || (status >= 300 && status < 400)) {
    return refusal("retry", `${said}. No Atlas server is at this URL: check the target's url`)
  }
  if (status === 408 || status > 500) return { ...refusal("retry", said), ...waiting }
  return refusal("bug", said)
}

/** The server's own words: its message with its code, else the beginning of the text, on one line. */
export function reasonIn(body: string): string {
  const { errorCode, errorMessage, msgDesc } = objectOf(parsed(body))
  const words = textOf(errorMessage) || textOf(msgDesc)
  const said = words === "" ? body.replace(/<[^>]*>/g, " ") : `${words} (${textOf(errorCode) || "no code"})`
  // oxlint-disable-next-line no-control-regex -- what a server says goes into logs and terminals
  const text = said.replace(/[\u0000-\u0020\u007f-\u009f]+/g, " ").trim()
  return text === "" ? "no reason given" : text.slice(0, 500)
}

export function parsed(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}

export function refusal(kind: FailureKind, reason: string): Refusal {
  return { outcome: "failed", kind, reason: reason.endsWith(".") ? reason : `${reason}.` }
}
