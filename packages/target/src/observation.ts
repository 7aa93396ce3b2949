import type { AppliedLookup, Owner, Remote } from "./applied.ts"

export interface RecordId {
  readonly collection: string
  readonly id: string
}

/** What is looked at. */
export interface Scope {
  readonly workspace: string
  readonly collections: readonly string[]
  /** Only these records; `complete` then speaks of them alone. Left out: all. */
  readonly records?: readonly RecordId[]
  /** What was applied before; left out by callers that keep nothing. */
  readonly applied?: AppliedLookup
}

export interface ObservedRecord extends RecordId {
  /**
   * The fields as the target holds them, in our terms, as canonical JSON text.
   *
   * A field that the target keeps and that is missing here was cleared there. Fields that it does not keep (see
   * `StateTarget.fieldsOf`) are left out.
   */
  readonly fields: string
  /** Left out: `ours`. */
  readonly owner?: Owner
  /** Who the foreign owner is, for people. */
  readonly ownerName?: string
  readonly remote?: Remote
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
  /** When the look began, milliseconds since the epoch; left out: the caller's clock at the answer. */
  readonly observedAtMs?: number
}
