import type { KeyRanges } from "./key-ranges.ts"
import type { MirrorPosition } from "./mirror/mirror-position.ts"

export type StatusState = "waiting" | "parked" | "rejected" | "conflict" | "pending" | "accepted" | "durable"

export interface StatusTarget {
  readonly state: "waiting" | "pending" | "accepted" | "rejected" | "parked" | "conflict"
  readonly reason?: string
  readonly seq: number | null
}

/** A row of store `$status`, key `[collection, id]`, index `byState`. */
export interface StatusRow {
  readonly collection: string
  readonly id: string
  readonly state: StatusState
  /** null while the last touch is not known to be durable. */
  readonly touchedSeq: number | null
  /** By `<target>/<binding>`. */
  readonly targets: Readonly<Record<string, StatusTarget>>
  readonly updatedAtMs: number
  /** Names the edits that wait, so that a tab that settles its own leaves those of other tabs standing. */
  readonly marks?: readonly string[]
}

/** What the rows stand for: the row `position` of store `$meta`. */
export interface StatusPosition {
  /** Life of the local update store that `reflected` belongs to. */
  readonly incarnation: string
  /** Keys of the local update store whose touches are in the rows. */
  readonly reflected: KeyRanges
  readonly seq: number
  readonly generation: number
  /** By collection: no record without a row of its own state was touched after this seq. */
  readonly floors: Readonly<Record<string, number>>
  /** By collection, how records at the floor stood with each binding when their rows were written. */
  readonly bases: Readonly<Record<string, string>>
}

/** What is to be changed, in one go. */
export interface StatusChanges {
  readonly rows: readonly StatusRow[]
  readonly removed: readonly (readonly [collection: string, id: string])[]
  /** Joined with what other tabs wrote: ranges united, numbers raised, within one incarnation and generation. */
  readonly position: StatusPosition
  /** The marks of a record that this tab set or loaded: what it may replace. All others stay, and the row waits. */
  marksOf(collection: string, id: string): readonly string[]
}

export interface StatusSnapshot {
  readonly position: StatusPosition | undefined
  /** Every row that is neither `accepted` nor `durable`. */
  readonly open: readonly StatusRow[]
  /** That of the mirror in the same database, undefined where there is none. */
  readonly mirror?: MirrorPosition | undefined
}
