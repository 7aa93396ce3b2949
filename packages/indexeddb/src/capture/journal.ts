/** Object stores whose names start so are ours, and hidden from the application. */
export const hiddenPrefix = "$millrace:"

/** What is known of the database as a whole. */
export const metaStore = "$millrace:meta"

/** Transactions in commit order, as `changes` tells them. */
export const logStore = "$millrace:log"

/** A row of each journal from its beginning; where it is missing, nobody knows what changed in the store. */
export const cleanKey = "clean"

export function isHidden(name: string): boolean {
  return name.startsWith(hiddenPrefix)
}

/** One journal a store: one for all would make transactions over different stores wait for each other. */
export function journalOf(store: string): string {
  return `${hiddenPrefix}journal:${store}`
}

/** The four fields of an `IDBKeyRange`. */
export interface StoredRange {
  readonly lower?: IDBValidKey
  readonly upper?: IDBValidKey
  readonly lowerOpen: boolean
  readonly upperOpen: boolean
}

/**
 * One write. It says "look again", never what was written: it may have failed without ending its transaction.
 *
 * `unadd` takes back the promise of an `add` that its key was free. `scan` stands for writes whose keys nobody could
 * tell in time, and for what filled no journal any more: all of the store must be looked at.
 */
export type Mark =
  | { readonly op: "add" | "put" | "delete" | "unadd"; readonly at: number; readonly key: IDBValidKey }
  | { readonly op: "deleteRange"; readonly at: number; readonly range: StoredRange }
  | { readonly op: "clear" | "scan"; readonly at: number }

/** A row as it was before write number `at` of its transaction; without `row` there was none. */
export interface Image {
  readonly at: number
  readonly key: IDBValidKey
  readonly row?: unknown
}

/** Writes of one transaction to one store; a transaction may leave several. Its key counts in the order of commits. */
export interface JournalRecord {
  /** Names the transaction, in all stores that it wrote. */
  readonly tx: string
  readonly atMs: number
  /** Set for writes of a version change. */
  readonly upgrade?: { readonly from: number; readonly to: number }
  readonly marks: readonly Mark[]
  readonly images: readonly Image[]
  /** False where images could not be read, or were not wanted. */
  readonly hasImages: boolean
}

export function storedRange(range: IDBKeyRange): StoredRange {
  return { lower: range.lower, upper: range.upper, lowerOpen: range.lowerOpen, upperOpen: range.upperOpen }
}
