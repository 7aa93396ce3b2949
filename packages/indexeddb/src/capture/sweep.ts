import { resultOf } from "../open-database.ts"
import { inTransaction } from "../in-transaction.ts"
import type { LogRecord } from "./changes.ts"
import { cleanKey, isHidden, journalOf, type JournalRecord, logStore, metaStore } from "./journal.ts"
import { keyOfText } from "./key-text.ts"
import { keysNamed, type Known, stepsOf, type SweptStore } from "./steps.ts"

/** Most records of a journal that one sweep takes: bounds what is in memory. */
const maxRecords = 2_000
/** Most changes of one record of the log. */
const maxChanges = 1_000
/** Records of the log that stay for listeners that come late. */
const keptRecords = 1_000
/** From this many keys on the rows between the lowest and the highest are read at once, where that are not many more. */
const manyKeys = 50

/** Name of the row of `$millrace:meta` with the number up to which the workspace has the log. */
export const drainedKey = "drained"

/** The stores that have a journal. */
export function journaledStores(database: IDBDatabase): readonly string[] {
  const names = new Set(database.objectStoreNames)
  return [...names].filter((name) => !isHidden(name) && names.has(journalOf(name)))
}

/**
 * Turns what the journals hold into records of the log, in one transaction with the rows that it reads; true where there may
 * be more.
 *
 * Where it aborts, full disks included, everything stays in the journals.
 */
export async function sweep(database: IDBDatabase): Promise<boolean> {
  const stores = await storesWithMarks(database)
  if (stores.length === 0) return false
  const scope = [...stores, ...stores.map(journalOf), logStore, metaStore]
  return await inTransaction(database, scope, "readwrite", async (transaction) => {
    const swept = await Promise.all(stores.map((store) => readStore(transaction, store)))
    const log = transaction.objectStore(logStore)
    for (const record of stepsOf(swept)) for (const part of partsOf(record)) log.add(part)
    await trimLog(transaction)
    return swept.some(({ records }) => records.length >= maxRecords)
  })
}

async function storesWithMarks(database: IDBDatabase): Promise<readonly string[]> {
  const stores = journaledStores(database)
  if (stores.length === 0) return []
  const transaction = database.transaction(stores.map(journalOf), "readonly")
  const isMarked = await Promise.all(
    stores.map(async (store) => {
      const keys = await resultOf(transaction.objectStore(journalOf(store)).getAllKeys(undefined, 2))
      return keys.length !== 1 || keys[0] !== cleanKey
    }),
  )
  return stores.filter((_, index) => isMarked[index])
}

async function readStore(transaction: IDBTransaction, store: string): Promise<SweptStore> {
  const journal = transaction.objectStore(journalOf(store))
  const numbers = IDBKeyRange.upperBound(Number.POSITIVE_INFINITY)
  const [records, keys, clean] = await Promise.all([
    resultOf(journal.getAll(numbers, maxRecords)) as Promise<JournalRecord[]>,
    resultOf(journal.getAllKeys(numbers, maxRecords)),
    resultOf(journal.getKey(cleanKey)),
  ])
  const last = keys.at(-1)
  if (last !== undefined) journal.delete(IDBKeyRange.upperBound(last))
  if (clean === undefined) journal.put(true, cleanKey)
  const rows = await readRows(transaction.objectStore(store), keysNamed(records))
  return { store, records, rows, isUnclean: clean === undefined }
}

/** The rows of these keys as they are now; `{}` where there is none. */
export async function readRows(store: IDBObjectStore, texts: ReadonlySet<string>): Promise<ReadonlyMap<string, Known>> {
  const keys = [...texts].map((text) => [text, keyOfText(text)] as const)
  const rows = new Map<string, Known>()
  if (keys.length > manyKeys && keys.every(([, key]) => typeof key === "string" || typeof key === "number")) {
    const sorted = keys.map(([, key]) => key as string | number).sort((a, b) => compare(a, b))
    const range = IDBKeyRange.bound(sorted[0], sorted.at(-1))
    if ((await resultOf(store.count(range))) <= keys.length * 2) {
      const [found, values] = await Promise.all([resultOf(store.getAllKeys(range)), resultOf(store.getAll(range))])
      const byKey = new Map(found.map((key, index) => [key, { row: values[index] as unknown }]))
      for (const [text, key] of keys) rows.set(text, byKey.get(key) ?? {})
      return rows
    }
  }
  await Promise.all(
    keys.map(async ([text, key]) => {
      const row = await resultOf<unknown>(store.get(key))
      rows.set(text, row === undefined ? {} : { row })
    }),
  )
  return rows
}

/** In the order of IndexedDB: numbers before texts. */
function compare(a: string | number, b: string | number): number {
  if (typeof a !== typeof b) return typeof a === "number" ? -1 : 1
  return a < b ? -1 : a > b ? 1 : 0
}

function partsOf(record: LogRecord): readonly LogRecord[] {
  const parts: LogRecord[] = []
  for (let from = 0; from < record.changes.length; from += maxChanges) {
    parts.push({ ...record, changes: record.changes.slice(from, from + maxChanges) })
  }
  return parts
}

/** What the workspace has, or nobody waits for, and what is older than listeners that come late may ask for. */
export async function trimLog(transaction: IDBTransaction): Promise<void> {
  const log = transaction.objectStore(logStore)
  const drained = await resultOf<unknown>(transaction.objectStore(metaStore).get(drainedKey))
  const [newest] = (await resultOf(log.openKeyCursor(null, "prev")).then((cursor) => [cursor?.key])) as [unknown]
  const highest = typeof newest === "number" ? newest : 0
  const upTo = Math.min(highest - keptRecords, typeof drained === "number" ? drained : highest)
  if (upTo > 0) log.delete(IDBKeyRange.upperBound(upTo))
}
