import type { PlainRecord } from "@millrace/model"
import type { MillraceError } from "@millrace/ports"

/**
 * Where the mirror of this tab stands.
 *
 * - `opening` the database is being opened; reads wait
 * - `building` rows are compared with the records from the first to the last; reads see the old ones until then
 * - `current` rows follow the records
 * - `failed` the database refuses; tried again by itself, `rebuild` tries at once
 * - `superseded` a page with another schema has taken over; reload this page
 * - `closed` for good
 */
export type MirrorState = "opening" | "building" | "current" | "failed" | "superseded" | "closed"

export interface MirrorProgress {
  /** Records compared so far, and of how many. */
  readonly done: number
  readonly total: number
}

export interface MirrorStatus {
  readonly state: MirrorState
  /** Whether this tab writes the stores; one tab of a browser does. */
  readonly writes: boolean
  /** While `building` in the tab that writes; others learn the state only. */
  readonly progress: MirrorProgress | undefined
  /** Why the last attempt failed; undefined again once it is current. */
  readonly lastError: MillraceError | undefined
}

/** A record's step in the stores. `before` of a step is `after` of the record's step before, unless a reset lies between. */
export interface MirrorChange {
  readonly op: "add" | "update" | "delete"
  /** Ascending in the order of commits, the same in every tab. */
  readonly number: number
  readonly collection: string
  readonly id: string
  /** Undefined for `add`. */
  readonly before: PlainRecord | undefined
  /** Undefined for `delete`. */
  readonly after: PlainRecord | undefined
}

/**
 * Rows changed that no entry tells: read again what you keep.
 *
 * - `rebuilt` all rows were compared with the records
 * - `behind` the entries that this reader had not read are gone
 */
export interface MirrorReset {
  readonly op: "reset"
  readonly number: number
  readonly reason: "rebuilt" | "behind"
}

export type MirrorEvent = MirrorChange | MirrorReset

/** Records that share a key which an index with `unique` says they should not. */
export interface UniqueViolation {
  readonly collection: string
  readonly index: string
  readonly key: IDBValidKey
  readonly ids: readonly string[]
}
