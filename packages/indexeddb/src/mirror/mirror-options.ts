import type { Records } from "@millrace/model"
import type { Clock, MillraceError } from "@millrace/ports"
import type { Tabs } from "./tabs.ts"

/** What the mirror needs of the local copy; `DocStore` is it. */
export interface MirroredUpdates {
  /** Resolves when everything the document has now is stored. */
  stored(): Promise<void>
  /** Whether something is not stored yet. */
  readonly isBehind: boolean
  /** Applies what other tabs appended. */
  readOn(): Promise<void>
  isOwnOrigin(origin: unknown): boolean
}

export interface MirrorLimits {
  /** Rows written in one transaction. */
  readonly rowsPerBatch: number
  /** Changed records known by name; more are found by comparing all rows. */
  readonly changedRecords: number
  /** Changes kept for readers; one that is further behind is told to read again. */
  readonly journalEntries: number
}

export const defaultMirrorLimits: MirrorLimits = { rowsPerBatch: 1_000, changedRecords: 20_000, journalEntries: 20_000 }

export interface MirrorOptions {
  /** `millrace:<workspace>`, shared with `$status`. */
  readonly name: string
  readonly indexedDB: IDBFactory
  readonly clock: Clock
  readonly tabs: Tabs
  readonly records: Records
  readonly updates: MirroredUpdates
  /** What is known of the log, noted with each batch. */
  readonly log: () => { readonly seq: number; readonly generation: number }
  readonly onFault: (fault: MillraceError) => void
  readonly limits?: Partial<MirrorLimits>
}
