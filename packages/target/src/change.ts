/**
 * What happened to a record: the same three words everywhere. `skipped` stands in a log for a version that the target
 * refused and that a person gave up: it has neither `before` nor `after`, and the version behind it begins anew.
 */
export type Operation = "add" | "update" | "delete" | "skipped"

/**
 * A record's step from version n-1 to n, derived from merged state.
 *
 * Versions of one record count 1, 2, 3, ... without a gap; `before` of each is `after` of the one before it,
 * save behind a `skipped` one. One
 * `eventId` always means the same change with the same content. A re-created record goes on counting.
 */
export interface Change {
  /** Lower-case hex SHA-256 of the canonical JSON array [workspace, generation, journal id, collection, id, version, hash]. */
  readonly eventId: string
  readonly workspace: string
  readonly generation: number
  readonly collection: string
  readonly id: string
  readonly version: number
  readonly op: Operation
  /** Author of the last log entry that touched the record. */
  readonly author: string
  /** Time of that entry, milliseconds since the epoch. */
  readonly timeMs: number
  /** Seq of the first log entry that this change takes in. */
  readonly seqFrom: number
  /** Seq of the last. */
  readonly seq: number
  /** Record hash after the change, null when deleted. */
  readonly hash: string | null
  /** The record's fields before, as canonical JSON text; null when there was no record. */
  readonly before: string | null
  /** The record's fields after, as canonical JSON text; null when deleted. */
  readonly after: string | null
}
