import type { FailureKind } from "./receipt.ts"

export interface Acceptance {
  readonly outcome: "accepted"
}

/** A refusal without the event it is about. */
export interface Refusal {
  readonly outcome: "failed"
  readonly kind: FailureKind
  /** For people: what the target said, and what to do. Never a secret. */
  readonly reason: string
  readonly retryAfterMs?: number
  /** True where another change of the same call may be to blame. */
  readonly wholeBatch?: boolean
}

/** What one answer means for every change that it is about. */
export type Verdict = Acceptance | Refusal

/**
 * A target's reading of an answer: pure and total, so that each status and each wording that a server is known for is
 * one line of a test.
 */
export type Classify<Answer, Context> = (answer: Answer, context: Context) => Verdict

export const accepted: Acceptance = { outcome: "accepted" }
