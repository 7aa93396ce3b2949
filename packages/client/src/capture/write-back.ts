import {
  cleanKey,
  inTransaction,
  journalOf,
  type JournalRecord,
  keyOfText,
  keysNamed,
  type LogRecord,
  logStore,
  readRows,
  resultOf,
  sameClone,
  type StoreChange,
} from "@millrace/indexeddb"
import type { Collection } from "@millrace/model"
import { openLane } from "./key-lane.ts"
import { rowOfRecord } from "./row-values.ts"
import type { ShareEvent } from "./share-options.ts"
import type { SharedStore } from "./stores-side.ts"

/** Most marks of a journal that are looked at; behind more the store waits for the next sweep. */
const maxMarks = 1_000

export interface WriteBackRequest {
  readonly database: IDBDatabase
  readonly store: SharedStore
  readonly ids: readonly string[]
  readonly collection: Collection
  /** Number of the last record of the log that the workspace has. */
  readonly drained: number
  /** Fields of a row that stay as they are, because the schema refused them. */
  readonly stays: (id: string) => ReadonlySet<string>
  readonly nowMs: number
  readonly random: () => number
  readonly tell: (event: ShareEvent) => void
}

export interface WrittenBack {
  /** What was looked at and is as the record says. */
  readonly done: readonly string[]
  readonly changes: readonly StoreChange[]
  /** Number of the record that was added to the log. */
  readonly number: number | undefined
}

/**
 * Writes records into the application's rows, in one transaction that holds its store: no key with a mark that the workspace has not,
 * nothing where the log goes on behind `drained`, and no row that is as it should be.
 */
export async function writeBack(request: WriteBackRequest): Promise<WrittenBack> {
  const { database, store, ids, collection, drained, stays, nowMs, random, tell } = request
  const scope = [store.name, journalOf(store.name), logStore]
  return await inTransaction(database, scope, "readwrite", async (transaction) => {
    const nothing: WrittenBack = { done: [], changes: [], number: undefined }
    const log = transaction.objectStore(logStore)
    const cursor = await resultOf(log.openKeyCursor(null, "prev"))
    if (cursor !== null && Number(cursor.key) > drained) return nothing
    const marked = await markedKeys(transaction.objectStore(journalOf(store.name)))
    if (marked === undefined) return nothing
    const free = ids.filter((id) => !marked.has(id))
    const rows = transaction.objectStore(store.name)
    const found = await readRows(rows, new Set(free))
    const asked = free.map(async (id) => {
      const current = found.get(id) ?? {}
      const record = collection.get(id)
      const key = keyOfText(id)
      const wanted = record === undefined ? {} : { row: rowOfRecord(record, id, store.keyPath, current.row, stays(id)) }
      const change = changeOf(store.name, key, current, wanted)
      if (change === undefined) return undefined
      const refused = (cause: unknown): void => tell({ kind: "unwritable", store: store.name, key, cause })
      return (await write(rows, store, key, wanted, refused)) ? change : undefined
    })
    const changes = (await Promise.all(asked)).filter((change) => change !== undefined)
    if (changes.length === 0) return { done: free, changes, number: undefined }
    if (changes.some(({ op, key }) => op === "add" && typeof key === "number")) {
      await openLane(rows, store, nowMs, random)
    }
    const entry: LogRecord = { tx: "", atMs: nowMs, remote: true, changes }
    return { done: free, changes, number: Number(await resultOf(log.add(entry))) }
  })
}

function changeOf(
  store: string,
  key: IDBValidKey,
  from: { row?: unknown },
  to: { row?: unknown },
): StoreChange | undefined {
  const was = "row" in from
  const is = "row" in to
  if (!was && !is) return undefined
  if (!was) return { op: "add", store, key, after: to.row, isExact: true }
  if (!is) return { op: "delete", store, key, before: from.row, isExact: true }
  if (sameClone(from.row, to.row)) return undefined
  return { op: "update", store, key, before: from.row, after: to.row, isExact: true }
}

/** True once written; a refused row must not take the others of its batch with it. */
function write(
  rows: IDBObjectStore,
  store: SharedStore,
  key: IDBValidKey,
  to: { readonly row?: unknown },
  onRefused: (cause: unknown) => void,
): Promise<boolean> {
  let request: IDBRequest
  try {
    if (!("row" in to)) request = rows.delete(key)
    else request = store.keyPath === null ? rows.put(to.row, key) : rows.put(to.row)
  } catch (cause) {
    // A key or a value that the store cannot have.
    onRefused(cause)
    return Promise.resolve(false)
  }
  return new Promise((resolve) => {
    request.onsuccess = () => resolve(true)
    request.onerror = (event) => {
      resolve(false)
      // Anything else aborts the transaction, and its end tells it.
      if (request.error?.name !== "ConstraintError") return
      event.preventDefault()
      event.stopPropagation()
      onRefused(request.error)
    }
  })
}

/** Undefined where any key may be marked. */
async function markedKeys(journal: IDBObjectStore): Promise<ReadonlySet<string> | undefined> {
  const numbers = IDBKeyRange.upperBound(Number.POSITIVE_INFINITY)
  const [clean, records] = await Promise.all([
    resultOf(journal.getKey(cleanKey)),
    resultOf(journal.getAll(numbers, maxMarks)) as Promise<JournalRecord[]>,
  ])
  const isOpen = ({ op }: { op: string }): boolean => op === "clear" || op === "deleteRange" || op === "scan"
  if (clean === undefined || records.length >= maxMarks || records.some(({ marks }) => marks.some(isOpen)))
    return undefined
  return keysNamed(records)
}
