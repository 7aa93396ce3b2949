import type { Accepted, Change, Failed, Receipt } from "@millrace/target"
import type { Shape } from "../binding.ts"
import type { AppliedState, FailedRecord, Receipts } from "../journal/entry.ts"
import { fieldsOf, recordText } from "../two-way/fields.ts"

/** What a call's receipts mean. */
export interface Verdict {
  readonly accepted: Receipts["accepted"]
  readonly failed: readonly FailedRecord[]
  /** The batch was refused as a whole for what one of its records holds: halve it. */
  readonly halve: boolean
  /** What it says of the target itself. */
  readonly health:
    | { readonly state: "answered" }
    | { readonly state: "failed"; readonly reason: string; readonly afterMs: number | undefined }
    | { readonly state: "refused"; readonly reason: string }
}

export interface JudgeOptions {
  readonly shape: Shape
  readonly timeMs: number
  /** Attempts for an answer that nothing explains before its record is isolated. */
  readonly maxUnexplained: number
  /** Calls in which the change was sent, this one included. */
  readonly attempts: (eventId: string) => number
}

/** Most characters of a reason that are kept. */
const maxReasonChars = 500

/**
 * Turns receipts into what is journalled: only what was confirmed is accepted, only what can never succeed is isolated,
 * everything else stays outstanding.
 *
 * In a log, whatever the target said of versions after one that it did not take does not count: they are sent again
 * behind it.
 */
export function judge(changes: readonly Change[], receipts: readonly Receipt[], options: JudgeOptions): Verdict {
  const mismatch = mismatchOf(changes, receipts)
  if (mismatch !== undefined) {
    return { accepted: [], failed: [], halve: false, health: { state: "failed", reason: mismatch, afterMs: undefined } }
  }
  const accepted: Receipts["accepted"][number][] = []
  const failed: FailedRecord[] = []
  const passing: Failed[] = []
  const stopped = new Set<string>()
  let halve = false
  changes.forEach((change, at) => {
    const receipt = receipts[at]
    const record = JSON.stringify([change.collection, change.id])
    if (receipt === undefined || stopped.has(record)) return
    if (receipt.outcome === "accepted") {
      const { collection, id, version } = change
      if (options.shape === "log") accepted.push([collection, id, version])
      else accepted.push([collection, id, version, appliedState(change, receipt, options.timeMs)])
      return
    }
    if (options.shape === "log") stopped.add(record)
    if (isPassing(receipt, options)) passing.push(receipt)
    else if (receipt.wholeBatch === true && changes.length > 1) halve = true
    else failed.push(failedRecord(change, receipt, options))
  })
  return { accepted, failed, halve, health: healthOf(passing) }
}

/** What is compared from here on; what was read back in the form in which all texts are compared. */
export function appliedState(
  change: Change,
  { observed, remote }: Pick<Accepted, "observed" | "remote">,
  timeMs: number,
): AppliedState {
  const seen = observed === undefined ? undefined : recordText(fieldsOf(observed))
  return {
    sent: change.after,
    ...(seen === undefined || seen === change.after ? {} : { observed: seen }),
    ...(remote === undefined ? {} : { remote }),
    timeMs,
  }
}

function isPassing(receipt: Failed, options: JudgeOptions): boolean {
  switch (receipt.kind) {
    case "retry":
    case "rate":
    case "auth":
      return true
    case "bug":
      return options.attempts(receipt.eventId) < options.maxUnexplained
    case "invalid":
    case "conflict":
    case "gone":
      return false
  }
}

function healthOf(passing: readonly Failed[]): Verdict["health"] {
  const first = passing[0]
  if (first === undefined) return { state: "answered" }
  const auth = passing.find(({ kind }) => kind === "auth")
  if (auth !== undefined) return { state: "refused", reason: shorten(auth.reason) }
  const waits = passing.flatMap(({ retryAfterMs }) => (retryAfterMs === undefined ? [] : [retryAfterMs]))
  const afterMs = waits.length === 0 ? undefined : Math.max(...waits)
  return { state: "failed", reason: shorten(first.reason), afterMs }
}

function failedRecord(change: Change, receipt: Failed, options: JudgeOptions): FailedRecord {
  return {
    collection: change.collection,
    id: change.id,
    version: change.version,
    state: options.shape === "log" ? "parked" : "rejected",
    kind: receipt.kind,
    reason: shorten(receipt.reason),
    attempts: options.attempts(receipt.eventId),
    timeMs: options.timeMs,
  }
}

function mismatchOf(changes: readonly Change[], receipts: readonly Receipt[]): string | undefined {
  const whole =
    receipts.length === changes.length && changes.every(({ eventId }, at) => receipts[at]?.eventId === eventId)
  return whole ? undefined : `the target gave ${receipts.length} receipts that do not fit its ${changes.length} changes`
}

function shorten(reason: string): string {
  return reason.length > maxReasonChars ? `${reason.slice(0, maxReasonChars - 1)}…` : reason
}
