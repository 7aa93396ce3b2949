import type { ActionResult } from "@millrace/target"
import type { RecordName } from "./entry.ts"

/** Who did it, when, and the key under which a repeat is known. */
export interface Act {
  readonly by: string
  readonly timeMs: number
  readonly key?: string
}

export interface Paused extends Act {
  readonly kind: "paused"
  /** `target/<name>` or `binding/<name>`. */
  readonly scope: string
  readonly paused: boolean
}

/** Deletions that wait in a binding and workspace may go: those that were there then, none that came later. */
export interface Confirmed extends Act {
  readonly kind: "confirmed"
  readonly binding: string
  readonly workspace: string
  readonly uptoN: number
}

/** What was parked, rejected or stopped by the brake is tried again. */
export interface Retried extends Act {
  readonly kind: "retried"
  readonly binding: string
  readonly workspace: string
  readonly records: readonly RecordName[]
}

/** The version that a target refused is given up: a log is told that it was skipped, a state target gets the next. */
export interface Dropped extends Act {
  readonly kind: "dropped"
  readonly binding: string
  readonly workspace: string
  readonly collection: string
  readonly id: string
  readonly version: number
}

/** A set of definitions that somebody approved; what differs from the one in force goes out. */
export interface Released extends Act {
  readonly kind: "released"
  readonly binding: string
  readonly workspace: string
  readonly number: number
  /** The release whose content this one brings back. */
  readonly rollbackOf?: number
  readonly note: string
  readonly position: number
  /** What is new against the release before: the record's version at that time, and its fields; null takes it back. */
  readonly changes: readonly {
    readonly collection: string
    readonly id: string
    readonly version: number
    readonly hash: string | null
    readonly after: string | null
  }[]
}

/** A person's action at a target: once before the call, once with its result. */
export interface Acted extends Act {
  readonly kind: "acted"
  readonly key: string
  readonly digest: string
  readonly attempts: number
  readonly result?: ActionResult
}
