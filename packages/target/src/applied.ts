/** What a target knows of a record beyond its fields. */
export interface Remote {
  /** The server's own identity of it: a GUID, a job id. */
  readonly id?: string
  /** The revision that we gave it there, or the server's own: whatever tells two states apart. */
  readonly revision?: string
  /** Who changed it last, as far as the target names somebody. For people: an echo is told by what was read, never by who wrote. */
  readonly author?: string
  readonly changedAtMs?: number
  /** Where people look at it. */
  readonly url?: string
}

/** Whose a thing in the target is. What is `foreign` (made by a hook, another program, another person) is never deleted. */
export type Owner = "ours" | "foreign"

/**
 * What was applied last for a record: the base that both sides are compared with.
 *
 * Targets normalise, so ours is compared with `sent` and theirs with `observed`, never one with the other.
 */
export interface Applied {
  readonly version: number
  /** The fields that were sent, as canonical JSON text; null for a deletion, or where nothing was ever sent. */
  readonly sent: string | null
  /** The fields that were read back after it, or at the last look; null where the target had no such record. */
  readonly observed: string | null
  readonly remote: Remote
  readonly owner: Owner
  /** When it was confirmed or looked at, milliseconds since the epoch. */
  readonly timeMs: number
}

export interface AppliedRecord extends Applied {
  readonly collection: string
  readonly id: string
}

/** Everything that was applied in a binding and a workspace, for targets that find their own by a server's id. */
export interface AppliedLookup {
  get(collection: string, id: string): Applied | undefined
  /** All of a collection, in order of their ids' keys. */
  all(collection: string): Iterable<AppliedRecord>
}
