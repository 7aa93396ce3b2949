import { type FailureKind, type HttpAnswer, type Refusal, retryAfterMs } from "@millrace/target"
import type { OozieFailure } from "./result.ts"

export interface OozieContext {
  readonly nowMs: number
}

/** HDFS or the database behind Oozie is in trouble: Oozie answers 400 as for bad input, only its words tell. */
const trouble =
  /Connection refused|ConnectException|No route to host|Connection reset|timed? ?out|SocketTimeout|UnknownHostException|NoRouteToHost|safe ?mode|StandbyException|RetriableException|Failed on local exception|EOFException|could only be (written|replicated) to 0|no space left|Could not get JDBC|connection.*(closed|pool)|Deadlock|Lock wait/i

/** What a refusal of Oozie's means for what was sent. */
export function classifyOozie(failure: OozieFailure, context: OozieContext): Refusal {
  const { outcome } = failure
  switch (outcome.type) {
    case "unreached":
      return refusal("retry", `No Oozie server can be reached: ${outcome.reason}`)
    case "unknown":
      return refusal("retry", `Oozie did not answer: ${outcome.reason}`)
    case "unauthenticated":
      return refusal("auth", outcome.reason)
    case "answer":
      return answered(outcome, failure, context)
  }
}

function answered(answer: HttpAnswer, { code, message }: OozieFailure, { nowMs }: OozieContext): Refusal {
  const { status } = answer
  const said = `${answer.host} answered ${status}: ${message}`
  const wait = retryAfterMs(answer.headers["retry-after"], nowMs)
  const waiting = wait === undefined ? {} : { retryAfterMs: wait }
  if (status === 429) return { ...refusal("rate", said), ...waiting }
  // E0002: Oozie's own safe mode.
  if (status === 503 || code === "E0002") return { ...refusal("retry", said), ...waiting }
  if (code === "E0604" || code === "E0605" || code === "E0606") return refusal("gone", said)
  if (trouble.test(message)) return refusal("retry", `${said}. Look at HDFS and at Oozie's database`)
  // E05xx: who may do what. E0507 is a job of somebody else.
  if (status === 401 || status === 403 || status === 407 || code.startsWith("E05")) {
    return refusal("auth", `${said}. Check the target's user and auth, and what Oozie allows that user`)
  }
  // E0603 is any failure of the database; what is too long for it is refused before it is sent.
  if (/^E0(600|601|602|603|607|608|609|610|611|612|613|614|615|616)$/.test(code) || /\bE0603\b/.test(message)) {
    return refusal("retry", said)
  }
  if (status === 400 || status === 413 || status === 415 || status === 422) return refusal("invalid", said)
  if (code === "" && (status === 404 || status === 405 || (status >= 300 && status < 400))) {
    return refusal("retry", `${said}. No Oozie server is at this URL: check the target's url`)
  }
  if (status >= 500 || status === 408) return { ...refusal("retry", said), ...waiting }
  return refusal("bug", said)
}

function refusal(kind: FailureKind, reason: string): Refusal {
  return { outcome: "failed", kind, reason: reason.endsWith(".") ? reason : `${reason}.` }
}
