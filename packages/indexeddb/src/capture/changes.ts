/** One row's step. Without images `before` is unknown, and what is there afterwards counts as an update. */
export interface StoreChange {
  readonly op: "add" | "update" | "delete"
  readonly store: string
  readonly key: IDBValidKey
  readonly before?: unknown
  readonly after?: unknown
  /** Whether `before` is what was there: always with images, but for writes that came too late to be asked. */
  readonly isExact: boolean
}

/** Rows of the store changed, and nobody could tell which: read it again. */
export interface StoreReset {
  readonly op: "reset"
  readonly store: string
}

/** What one transaction did, as the log keeps it. */
export interface LogRecord {
  readonly tx: string
  readonly atMs: number
  /** True for what was written back from the workspace. */
  readonly remote: boolean
  readonly upgrade?: { readonly from: number; readonly to: number }
  readonly changes: readonly (StoreChange | StoreReset)[]
}

/** A change with its place: `number` counts transactions in the order of commits, the same in every tab. */
export type ChangeEvent = (StoreChange | StoreReset) & {
  readonly database: string
  readonly number: number
  readonly atMs: number
  /** True for what this browser's own code wrote, in whichever tab. */
  readonly local: boolean
}

/** Called with the changes of one or more transactions; never with a part of one. */
export type ChangeListener = (events: readonly ChangeEvent[]) => void

export interface ChangesOptions {
  /** Goes on behind this number; left out: with what is committed from now on. */
  readonly after?: number
}

export function eventsOf(database: string, number: number, record: LogRecord): readonly ChangeEvent[] {
  const { atMs, remote } = record
  return record.changes.map((change) => ({ ...change, database, number, atMs, local: !remote }))
}
