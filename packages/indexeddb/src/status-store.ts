import { addKeys } from "./key-ranges.ts"
import { inTransaction } from "./in-transaction.ts"
import { readMirrorPosition } from "./mirror/mirror-position.ts"
import { openDatabase, resultOf } from "./open-database.ts"
import type { StatusChanges, StatusPosition, StatusRow, StatusSnapshot, StatusState } from "./status-row.ts"
import { faultOfAbort, StorageFault } from "./storage-fault.ts"

export const statusStore = "$status"
export const metaStore = "$meta"
const byState = "byState"
const positionKey = "position"
/** A transaction's worth of rows: a few tens of milliseconds, and no page-sized burst of memory. */
const rowsPerTransaction = 1_000

const openStates: readonly StatusState[] = ["waiting", "parked", "rejected", "conflict", "pending"]

export interface StatusStoreOptions {
  /** `millrace:<workspace>`. */
  readonly name: string
  readonly indexedDB: IDBFactory
  readonly onFault: (fault: StorageFault) => void
}

/** Makes what is missing of `$status` and `$meta`. */
export function createStatusStores(database: IDBDatabase): void {
  if (!database.objectStoreNames.contains(statusStore)) {
    database.createObjectStore(statusStore, { keyPath: ["collection", "id"] }).createIndex(byState, "state")
  }
  if (!database.objectStoreNames.contains(metaStore)) database.createObjectStore(metaStore)
}

/**
 * The sync status of a workspace's records, kept in the browser.
 *
 * The position is written in the last transaction of a change, never before the rows that it stands for: a crash between leaves rows that are
 * newer than the position, which is pessimistic and mended by the next open. A lost connection is opened again by the next call.
 */
export class StatusStore {
  readonly #options: StatusStoreOptions
  #database: IDBDatabase | undefined
  #closed = false

  constructor(options: StatusStoreOptions) {
    this.#options = options
  }

  /** Rejects with a `StorageFault`, and can be called again. */
  async load(): Promise<StatusSnapshot> {
    return await this.#in("readonly", async (transaction) => {
      const position = resultOf(
        transaction.objectStore(metaStore).get(positionKey) as IDBRequest<StatusPosition | undefined>,
      )
      const mirror = readMirrorPosition(transaction)
      const index = transaction.objectStore(statusStore).index(byState)
      const open = openStates.map((state) => resultOf(index.getAll(state) as IDBRequest<StatusRow[]>))
      return { position: await position, open: (await Promise.all(open)).flat(), mirror: await mirror }
    })
  }

  /** Resolves when all is written. Rejects with a `StorageFault`; rows of earlier transactions then stand, the position does not. */
  async write(changes: StatusChanges): Promise<void> {
    const { rows, removed } = changes
    const total = rows.length + removed.length
    for (let at = 0; at === 0 || at < total; at += rowsPerTransaction) {
      const last = at + rowsPerTransaction >= total
      await this.#in("readwrite", async (transaction) => {
        const store = transaction.objectStore(statusStore)
        const work: Promise<void>[] = []
        for (let i = at; i < Math.min(total, at + rowsPerTransaction); i += 1) {
          const row = rows[i]
          const gone = removed[i - rows.length]
          if (row !== undefined) work.push(change(store, [row.collection, row.id], changes, row))
          else if (gone !== undefined) work.push(change(store, [gone[0], gone[1]], changes, undefined))
        }
        if (last) work.push(movePosition(transaction.objectStore(metaStore), changes.position))
        await Promise.all(work)
      })
    }
  }

  async get(collection: string, id: string): Promise<StatusRow | undefined> {
    return await this.#in("readonly", (transaction) =>
      resultOf(transaction.objectStore(statusStore).get([collection, id]) as IDBRequest<StatusRow | undefined>),
    )
  }

  /** The rows in one state, at most `limit`. */
  async inState(state: StatusState, limit: number): Promise<readonly StatusRow[]> {
    return await this.#in("readonly", (transaction) =>
      resultOf(transaction.objectStore(statusStore).index(byState).getAll(state, limit) as IDBRequest<StatusRow[]>),
    )
  }

  async count(state: StatusState): Promise<number> {
    return await this.#in("readonly", (transaction) =>
      resultOf(transaction.objectStore(statusStore).index(byState).count(state)),
    )
  }

  /** Idempotent. A transaction under way still completes. */
  close(): void {
    this.#closed = true
    this.#database?.close()
    this.#database = undefined
  }

  async #in<T>(mode: "readonly" | "readwrite", work: (transaction: IDBTransaction) => Promise<T>): Promise<T> {
    const { name } = this.#options
    if (this.#closed) throw new StorageFault("closed", name)
    const database = this.#database ?? (await this.#open())
    try {
      return await inTransaction(database, [statusStore, metaStore], mode, work)
    } catch (thrown) {
      if (this.#database === database) this.#database = undefined
      database.close()
      throw faultOfAbort(name, thrown)
    }
  }

  async #open(): Promise<IDBDatabase> {
    const { name, indexedDB, onFault } = this.#options
    const database = await openDatabase({
      indexedDB,
      name,
      upgrade: createStatusStores,
      // The mirror's stores are in the same database and come and go with the schema.
      onUpgrade: () => (this.#database = undefined),
      onFault: (fault) => {
        if (fault.fault !== "blocked") this.#database = undefined
        onFault(fault)
      },
    })
    if (this.#closed) {
      database.close()
      throw new StorageFault("closed", name)
    }
    this.#database = database
    return database
  }
}

async function change(
  store: IDBObjectStore,
  key: [string, string],
  changes: StatusChanges,
  row: StatusRow | undefined,
): Promise<void> {
  const found = await resultOf(store.get(key) as IDBRequest<StatusRow | undefined>)
  const known = changes.marksOf(key[0], key[1])
  const foreign = (found?.marks ?? []).filter((mark) => !known.includes(mark))
  if (foreign.length > 0 && found !== undefined) store.put(stillWaiting(row ?? { ...found, marks: [] }, foreign))
  else if (row === undefined) store.delete(key)
  else store.put(row)
}

function stillWaiting(row: StatusRow, foreign: readonly string[]): StatusRow {
  return { ...row, state: "waiting", touchedSeq: null, marks: [...(row.marks ?? []), ...foreign] }
}

async function movePosition(store: IDBObjectStore, moved: StatusPosition): Promise<void> {
  const found = await resultOf(store.get(positionKey) as IDBRequest<StatusPosition | undefined>)
  store.put(found === undefined ? moved : joinPositions(found, moved), positionKey)
}

/** What two tabs know together; of another incarnation or generation the later call's word alone counts. */
export function joinPositions(found: StatusPosition, moved: StatusPosition): StatusPosition {
  if (found.generation !== moved.generation) return moved
  const floors = { ...found.floors }
  for (const [collection, seq] of Object.entries(moved.floors))
    floors[collection] = Math.max(floors[collection] ?? 0, seq)
  return {
    ...moved,
    reflected: found.incarnation === moved.incarnation ? addKeys(found.reflected, moved.reflected) : moved.reflected,
    seq: Math.max(found.seq, moved.seq),
    floors,
  }
}
