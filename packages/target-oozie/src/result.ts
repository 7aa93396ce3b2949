import type { HttpOutcome } from "@millrace/target"

/** Why Oozie did not do something: its error code, where it gave one, and its words. */
export interface OozieFailure {
  readonly outcome: HttpOutcome
  /** Such as `E0701`; empty where the answer names none. */
  readonly code: string
  /** One line for people. Never a secret. */
  readonly message: string
}

export type OozieResult<T> =
  | { readonly done: true; readonly value: T }
  | { readonly done: false; readonly failure: OozieFailure }

export function oozieDone<T>(value: T): OozieResult<T> {
  return { done: true, value }
}

/**
 * Reads an answer that is no success. The headers say it plainly; bodies repeat it with HTML's escapes, or are empty.
 */
export function oozieFailed(outcome: HttpOutcome): OozieResult<never> {
  if (outcome.type !== "answer") return { done: false, failure: { outcome, code: "", message: outcome.reason } }
  const said = outcome.headers["oozie-error-message"] ?? messageIn(outcome.body)
  const code = outcome.headers["oozie-error-code"] ?? /^(E\d{4}):/.exec(said)?.[1] ?? ""
  const text = said.startsWith(`${code}:`) ? said : `${code} ${said}`
  return { done: false, failure: { outcome, code, message: oneLine(text) } }
}

function messageIn(body: string): string {
  try {
    const parsed: unknown = JSON.parse(body)
    if (typeof parsed === "object" && parsed !== null && "errorMessage" in parsed) return String(parsed.errorMessage)
  } catch {
    // An error page.
  }
  return /<title>([\s\S]*?)<\/title>/i.exec(body)?.[1] ?? body
}

function oneLine(text: string): string {
  // oxlint-disable-next-line no-control-regex -- what a server says goes into logs and terminals
  const line = text.replace(/[\u0000-\u0020\u007f-\u009f]+/g, " ").trim()
  return line === "" ? "no reason given" : line.slice(0, 1000)
}
