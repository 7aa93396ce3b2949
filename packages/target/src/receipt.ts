import type { Remote } from "./applied.ts"

/**
 * How a target's refusal must be treated.
 *
 * - `retry` a passing fault: the same again later
 * - `rate` too fast: the same again after the wait that the target names
 * - `auth` our credentials: everything waits until an operator acts
 * - `invalid` this record's content: never as it is; isolate it, others go on
 * - `conflict` the target holds something newer or other than what we knew
 * - `gone` what should be changed is no longer there
 * - `bug` an answer that nothing of the above explains
 */
export type FailureKind = "retry" | "rate" | "auth" | "invalid" | "conflict" | "gone" | "bug"

export interface Accepted {
  readonly outcome: "accepted"
  readonly eventId: string
  /**
   * What the target holds now for the record, read back, as canonical JSON text of the fields that it keeps, where it
   * told us. Left out: what was sent.
   */
  readonly observed?: string
  readonly remote?: Remote
}

export interface Failed {
  readonly outcome: "failed"
  readonly eventId: string
  readonly kind: FailureKind
  /** For people: what the target said, and what to do. Never a secret. */
  readonly reason: string
  readonly retryAfterMs?: number
  /**
   * True where the target refused the batch as a whole, so that the blame may lie with another of its records: the
   * projector halves the batch and tries again.
   */
  readonly wholeBatch?: boolean
}

/** What a target answered for one record version. */
export type Receipt = Accepted | Failed
