import type { ActionOffer, ActionRequest, ActionResult } from "./action.ts"
import type { Applied } from "./applied.ts"
import type { Change } from "./change.ts"
import type { Intent } from "./intent.ts"
import type { Observation, Scope } from "./observation.ts"
import type { PlannedStep } from "./plan.ts"
import type { Receipt } from "./receipt.ts"
import type { RunReports } from "./run-report.ts"

export interface Limits {
  /** Most changes in one `apply`. */
  readonly maxBatchChanges: number
  /** Most bytes of `before` and `after` text in one `apply`. */
  readonly maxBatchBytes: number
  /** Most calls of `apply`, over all bindings, under way at once; left out: one a binding. */
  readonly maxCallsAtOnce?: number
  /** Most calls of `apply` in a second; left out: no bound. */
  readonly maxCallsPerSecond?: number
}

export interface Batch {
  readonly binding: string
  /**
   * In dependency order: what others refer to comes first, deletions last and the other way round; versions of one
   * record ascend.
   *
   * For a state target `after` is what the target is to hold: fields that it may not be given at present (its own, or
   * in dispute) stand in it as the target was last seen to hold them.
   */
  readonly changes: readonly Change[]
  /** Of each change, what was applied last of its record, null where nothing was. State targets only. */
  readonly applied?: readonly (Applied | null)[]
  /** Of each change, the intent in the journal, null where none is needed. Where `prepare` is there, of every batch. */
  readonly intents?: readonly (Intent | null)[]
  /** Of a published binding: the release that is carried out, and who approved it. */
  readonly release?: { readonly number: number; readonly approvedBy: string }
}

export interface CallOptions {
  /** Aborts the call; whether it took effect is then unknown, and the caller repeats it. */
  readonly signal: AbortSignal
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

  /** What people may have it do; left out: nothing. */
  readonly actions?: readonly ActionOffer[]
  /**
   * Does what a person asked for, once for one key. There where `actions` is; failures are results. Rejects only when
   * `signal` aborts or the target was closed.
   */
  act?(request: ActionRequest, options: CallOptions): Promise<ActionResult>

  /** Releases sockets and handles. Idempotent. */
  close(): Promise<void>
}

/** Takes each record's whole chain of versions, at least once, the event id beside each. */
export interface LogTarget extends TargetBase {
  readonly shape: "log"
}

/** Holds the present state of each record; takes the latest version and may skip those between. */
export interface StateTarget extends TargetBase {
  readonly shape: "state"
  /**
   * The fields of a collection that the target keeps: others are neither compared nor written back. Left out, or
   * undefined: every field that it was sent.
   */
  fieldsOf?(collection: string): readonly string[] | undefined
  /**
   * Of each change, by what a create that it leads to can be found again; null where no server assigns an id. Writes
   * nothing, and answers the same for the same change. Needed where `createIsIdempotent` is false.
   */
  prepare?(batch: Batch, options: CallOptions): Promise<readonly (string | null)[]>
  /**
   * Reads what the target holds for the scope, of ours and of what was adopted; records of others only where they stand
   * under a name of ours, with owner `foreign`. Writes nothing.
   */
  observe(scope: Scope, options: CallOptions): Promise<Observation>
  /** Like `observe`, but also what was not made by us and could be taken over. Writes nothing. */
  adopt(scope: Scope, options: CallOptions): Promise<Observation>
  /** How what it was given is running: jobs, instances, SLA. Writes nothing. Left out where nothing runs. */
  reports?(scope: Scope, options: CallOptions): Promise<RunReports>
}

export type Target = LogTarget | StateTarget
