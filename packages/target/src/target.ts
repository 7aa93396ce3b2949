import type { Change } from "./change.ts"
import type { Receipt } from "./receipt.ts"

export interface Limits {
  /** Most changes in one `apply`. */
  readonly maxBatchChanges: number
  /** Most bytes of `before` and `after` text in one `apply`. */
  readonly maxBatchBytes: number
}

export interface Batch {
  readonly binding: string
  /** In dependency order; versions of one record ascend. */
  readonly changes: readonly Change[]
}

export interface CallOptions {
  /** Aborts the call; whether it took effect is then unknown, and the caller repeats it. */
  readonly signal: AbortSignal
}

export interface PlannedStep {
  readonly collection: string
  readonly id: string
  readonly action: "create" | "update" | "delete" | "send" | "none"
  /** One line for people. */
  readonly summary: string
}

export interface CheckResult {
  readonly ok: boolean
  /** What was found, or what to mend. */
  readonly detail: string
}

export interface TargetBase {
  /** The name in the configuration. */
  readonly name: string
  /** The kind in the configuration, such as `flume`. */
  readonly kind: string
  readonly limits: Limits
  /** False where the server assigns ids: then intent is journalled before a create. */
  readonly createIsIdempotent: boolean

  /** What `apply` would do. Writes nothing. */
  plan(batch: Batch, options: CallOptions): Promise<readonly PlannedStep[]>

  /**
   * Sends the batch and answers with exactly one receipt per change, in the order of the changes.
   *
   * It reports failures as receipts and rejects only when `signal` aborts or the target was closed. `accepted` means
   * that the target confirmed that it keeps the change. Repeating a batch, whole or in part, is always safe: same
   * event id, same bytes.
   */
  apply(batch: Batch, options: CallOptions): Promise<readonly Receipt[]>

  /** Whether the target answers and would take our changes. Harmless; never rejects. */
  check(options: CallOptions): Promise<CheckResult>

  /** Releases sockets and handles. Idempotent. */
  close(): Promise<void>
}

/** Takes each record's whole chain of versions, at least once, the event id beside each. */
export interface LogTarget extends TargetBase {
  readonly shape: "log"
}

export interface ObservedRecord {
  readonly collection: string
  readonly id: string
  /** The fields as the target holds them, as canonical JSON text. */
  readonly fields: string
}

/** Something that could not be read; while there is any, the observation is not complete. */
export interface ObservationProblem {
  /** A path, a URL, a name in the target. */
  readonly where: string
  readonly reason: string
}

export interface Observation {
  readonly records: readonly ObservedRecord[]
  /** Only when true does absence mean that the target has no such record. */
  readonly complete: boolean
  /** At most a hundred. */
  readonly problems?: readonly ObservationProblem[]
}

export interface Scope {
  readonly workspace: string
  readonly collections: readonly string[]
}

/** Holds the present state of each record; takes the latest version and may skip those between. */
export interface StateTarget extends TargetBase {
  readonly shape: "state"
  /** Reads what the target holds for the scope. Writes nothing. */
  observe(scope: Scope, options: CallOptions): Promise<Observation>
  /** Like `observe`, but also what was not made by us and could be taken over. Writes nothing. */
  adopt(scope: Scope, options: CallOptions): Promise<Observation>
}

export type Target = LogTarget | StateTarget
