import { fetchUpdates, type IndexeddbPersistence, PREFERRED_TRIM_SIZE } from "y-indexeddb"
import * as Y from "yjs"
import { endOf, resultOf } from "./open-database.ts"

/**
 * Everything this package uses of y-indexeddb 9.0.12, pinned: its database layout and its reading of updates.
 *
 * Its own class is not used: it looks at neither `complete` nor `abort`, skips what is written before the database is open, and
 * reports no error. What it stores we can read and the other way round.
 */
export const updatesStore = "updates"
export const customStore = "custom"

/** Rows after which the store is merged into one, as y-indexeddb does. */
export const trimRows: number = PREFERRED_TRIM_SIZE

/** The part of y-indexeddb's class that `fetchUpdates` works on; also the origin of what it applies. */
export interface StockReader {
  readonly db: IDBDatabase
  readonly doc: Y.Doc
  readonly _destroyed: boolean
  /** First key that was not read yet. */
  _dbref: number
  _dbsize: number
}

export function createUpdateStores(database: IDBDatabase): void {
  database.createObjectStore(updatesStore, { autoIncrement: true })
  database.createObjectStore(customStore)
}

export function stockReader(database: IDBDatabase, doc: Y.Doc): StockReader {
  return { db: database, doc, _destroyed: false, _dbref: 0, _dbsize: 0 }
}

/** Applies all rows from `reader._dbref` on, in one Yjs transaction whose origin is the reader; moves `_dbref` behind them. */
export async function readOn(reader: StockReader): Promise<void> {
  await fetchUpdates(reader as unknown as IndexeddbPersistence)
}

/**
 * Replaces all rows by one with the document's whole state, in one transaction; returns that row's key.
 *
 * Rows that other tabs appended are applied first, so nothing is lost; an abort leaves everything as it was.
 */
export async function trim(reader: StockReader): Promise<number> {
  const store = await fetchUpdates(reader as unknown as IndexeddbPersistence)
  const end = endOf(store.transaction)
  const key = resultOf(store.add(Y.encodeStateAsUpdate(reader.doc))) as Promise<number>
  store.delete(IDBKeyRange.upperBound(reader._dbref, true))
  // The end first: when it rejects, the request's own rejection is its consequence.
  key.catch(() => {})
  await end
  reader._dbsize = 1
  return await key
}
