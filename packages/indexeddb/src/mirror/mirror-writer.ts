import { type PlainRecord, type RecordName, sameValue } from "@millrace/model"
import { inTransaction } from "../in-transaction.ts"
import { resultOf } from "../open-database.ts"
import { metaStore } from "../status-store.ts"
import { StorageFault } from "../storage-fault.ts"
import type { MirrorChange, MirrorReset } from "./mirror-api.ts"
import { changesStore } from "./mirror-database.ts"
import { type MirrorPosition, mirrorPositionKey, readMirrorPosition } from "./mirror-position.ts"
import { type MirrorRow, recordOfRow, rowOf } from "./mirror-row.ts"

/** An entry before the store has given it its number. */
type Unnumbered = Omit<MirrorChange, "number"> | Omit<MirrorReset, "number">

/** A record as its row is to be; `record` undefined where there is to be none. */
export interface WantedRow extends RecordName {
  readonly record: PlainRecord | undefined
}

/** A stretch of one store, by ids, that is to hold exactly `wanted`. */
export interface Stretch {
  readonly collection: string
  /** Exclusive; null from the first. */
  readonly after: string | null
  /** Inclusive; null to the last. */
  readonly upTo: string | null
  readonly wanted: ReadonlyMap<string, PlainRecord>
  /** Whether a row that is not wanted has, or may soon have, a record that is younger than `wanted`. */
  readonly isYounger: (id: string) => boolean
}

export interface Compared {
  readonly position: MirrorPosition
  /** Where the comparison stopped: `upTo`, or before it where there were very many rows. */
  readonly upTo: string | null
}

export interface MirrorWriterOptions {
  readonly database: IDBDatabase
  readonly schemaHash: string
  /** Entries that the journal keeps. */
  readonly journalEntries: number
  /** Most rows that are read at once. */
  readonly rowsPerRead: number
}

/** Writes rows, the journal and the position that they stand for, each call one transaction. */
export class MirrorWriter {
  readonly #options: MirrorWriterOptions

  constructor(options: MirrorWriterOptions) {
    this.#options = options
  }

  /** Makes rows what is wanted, with a journal entry for each that was not, but for during a rebuild. `next` gives the position that this makes. */
  async write(rows: readonly WantedRow[], next: (position: MirrorPosition) => MirrorPosition): Promise<MirrorPosition> {
    const stores = [...new Set(rows.map(({ collection }) => collection))]
    return await this.#in(stores, async (transaction, position) => {
      const found = await Promise.all(rows.map(({ collection, id }) => rowAt(transaction.objectStore(collection), id)))
      const entries = rows.flatMap(({ collection, id, record }, at) => {
        const before = found[at] && recordOfRow(found[at])
        if (sameValue(before, record)) return []
        const store = transaction.objectStore(collection)
        if (record === undefined) store.delete(id)
        else store.put(rowOf(id, record))
        const op = before === undefined ? "add" : record === undefined ? "delete" : "update"
        return [{ op, collection, id, before, after: record } as const]
      })
      // What happens during a rebuild is told by the entry that ends it: until then rows change that nobody tells.
      const told = position.rebuild === null ? entries : []
      return next({ ...position, journal: await this.#append(transaction, told, position.journal) })
    })
  }

  /** Makes a stretch of a store what is wanted, without telling the journal: a rebuild ends with one entry, made by `finish`. */
  async compare(
    stretch: Stretch,
    next: (position: MirrorPosition, upTo: string | null) => MirrorPosition,
  ): Promise<Compared> {
    const { collection, after, upTo, wanted, isYounger } = stretch
    let end = upTo
    const position = await this.#in([collection], async (transaction, at) => {
      const store = transaction.objectStore(collection)
      const { rowsPerRead } = this.#options
      const rows = await resultOf(store.getAll(rangeOf(after, upTo), rowsPerRead) as IDBRequest<MirrorRow[]>)
      const last = rows.at(-1)
      if (rows.length === rowsPerRead && last !== undefined) end = last.id
      const found = new Set<string>()
      for (const row of rows) {
        found.add(row.id)
        const record = wanted.get(row.id)
        if (record === undefined && !isYounger(row.id)) store.delete(row.id)
        if (record !== undefined && !sameValue(recordOfRow(row), record)) store.put(rowOf(row.id, record))
      }
      for (const [id, record] of wanted) {
        if (!found.has(id) && (end === null || id <= end)) store.put(rowOf(id, record))
      }
      return next(at, end)
    })
    return { position, upTo: end }
  }

  /** Ends a rebuild: readers of the journal are told to read again. */
  async finish(next: (position: MirrorPosition) => MirrorPosition): Promise<MirrorPosition> {
    return await this.#in([], async (transaction, position) => {
      const journal = await this.#append(transaction, [{ op: "reset", reason: "rebuilt" }], position.journal)
      return next({ ...position, journal })
    })
  }

  async #append(transaction: IDBTransaction, entries: readonly Unnumbered[], journal: number): Promise<number> {
    if (entries.length === 0) return journal
    const store = transaction.objectStore(changesStore)
    const numbers = await Promise.all(entries.map((entry) => resultOf(store.add(entry)) as Promise<number>))
    const last = numbers.at(-1) ?? journal
    const kept = last - this.#options.journalEntries
    if (kept > 0) store.delete(IDBKeyRange.upperBound(kept))
    return last
  }

  async #in(
    stores: readonly string[],
    work: (transaction: IDBTransaction, position: MirrorPosition) => Promise<MirrorPosition>,
  ): Promise<MirrorPosition> {
    const { database, schemaHash } = this.#options
    return await inTransaction(database, [...stores, changesStore, metaStore], "readwrite", async (transaction) => {
      const position = await readMirrorPosition(transaction)
      if (position?.schemaHash !== schemaHash) throw new StorageFault("superseded", database.name)
      const moved = await work(transaction, position)
      transaction.objectStore(metaStore).put(moved, mirrorPositionKey)
      return moved
    })
  }
}

function rowAt(store: IDBObjectStore, id: string): Promise<MirrorRow | undefined> {
  return resultOf(store.get(id) as IDBRequest<MirrorRow | undefined>)
}

function rangeOf(after: string | null, upTo: string | null): IDBKeyRange | null {
  if (after !== null && upTo !== null) return IDBKeyRange.bound(after, upTo, true)
  if (after !== null) return IDBKeyRange.lowerBound(after, true)
  return upTo === null ? null : IDBKeyRange.upperBound(upTo)
}
