import {
  accepted,
  type Classify,
  type FailureKind,
  type HttpAnswer,
  type HttpOutcome,
  type Refusal,
  retryAfterMs,
} from "@millrace/target"

export interface FlumeContext {
  /** Events in the request. */
  readonly events: number
  /** How many requests of more than one event were answered 503 one after the other, this one included. */
  readonly unavailableInARow: number
  /** After a 500: whether the source still takes an empty batch. */
  readonly sourceLives: boolean
  readonly nowMs: number
}

/** So many 503 in a row, and the blame may lie with the size of the batch. */
const unavailableBeforeHalving = 3

/**
 * What a Flume agent's answer means. 200 comes after the channel's transaction: the whole batch is kept. Every other
 * answer means that nothing of the batch is kept.
 */
export const classifyFlume: Classify<HttpOutcome, FlumeContext> = (outcome, context) => {
  switch (outcome.type) {
    case "unreached":
      return refusal("retry", `No Flume agent can be reached: ${outcome.reason}.`)
    case "unknown":
      return refusal("retry", `The Flume agent did not answer: ${outcome.reason}.`)
    case "unauthenticated":
      return refusal("auth", outcome.reason)
    case "answer":
      return outcome.status === 200 ? accepted : refused(outcome, context)
  }
}

function refused(answer: HttpAnswer, context: FlumeContext): Refusal {
  const { status } = answer
  const said = `${answer.host} answered ${status}: ${titleOf(answer.body)}`
  const shared = context.events > 1
  const wait = retryAfterMs(answer.headers["retry-after"], context.nowMs)
  const waiting = wait === undefined ? {} : { retryAfterMs: wait }
  const blame = shared ? { wholeBatch: true } : {}

  if (status === 429) return { ...refusal("rate", said), ...waiting }
  if (status === 503) {
    const halve =
      shared && (transactionCapacityIn(answer) !== undefined || context.unavailableInARow >= unavailableBeforeHalving)
    return { ...refusal("retry", said), ...waiting, ...(halve ? { wholeBatch: true } : {}) }
  }
  if (status === 500) {
    if (/Log is closed|Channel closed/i.test(answer.body)) {
      return refusal("retry", `${said}. The agent's file channel is broken: mend or empty its data, then restart it`)
    }
    // Bad input, or an agent in trouble: only smaller batches can tell which.
    return { ...refusal("retry", said), ...(context.sourceLives ? blame : {}) }
  }
  if (status === 401 || status === 403 || status === 407)
    return refusal("auth", `${said}. Check the target's auth settings`)
  if (status === 400 || status === 413 || status === 415 || status === 422 || status === 431) {
    return { ...refusal("invalid", said), ...blame }
  }
  // Something else than a Flume source stands there: no record's fault.
  if (status === 404 || status === 405 || (status >= 300 && status < 400)) {
    return refusal("retry", `${said}. No Flume HTTP source is at this URL: check the target's url`)
  }
  if (status === 408 || status > 500) return { ...refusal("retry", said), ...waiting }
  return refusal("bug", said)
}

/**
 * The transaction capacity of the agent's channel, where an answer names it: such a batch can never pass as it is,
 * smaller ones can.
 */
export function transactionCapacityIn(answer: HttpAnswer): number | undefined {
  if (answer.status !== 503) return undefined
  const found = /Put queue for \w+ of capacity (\d{1,9}) full/.exec(answer.body)?.[1]
  const capacity = found === undefined ? 0 : Number(found)
  return capacity > 0 ? capacity : undefined
}

/** The reason in an error page of Jetty's, which stands in its title; else the beginning of the text. */
export function titleOf(page: string): string {
  const title = (/<title>([\s\S]*?)<\/title>/i.exec(page)?.[1] ?? page).replace(/^\s*Error \d{3} /, "")
  const text = title
    .replace(/&lt;/g, "<")
    .replace(/&gt;/g, ">")
    .replace(/&quot;/g, '"')
    .replace(/&#0?39;|&apos;/g, "'")
    .replace(/&amp;/g, "&")
    // oxlint-disable-next-line no-control-regex -- what a server says goes into logs and terminals
    .replace(/[\u0000-\u0020\u007f-\u009f]+/g, " ")
    .trim()
  return text === "" ? "no reason given" : text.slice(0, 500)
}

function refusal(kind: FailureKind, reason: string): Refusal {
  return { outcome: "failed", kind, reason: reason.endsWith(".") ? reason : `${reason}.` }
}
