import type { Clock, Random, Timer } from "@millrace/ports"
import * as Y from "yjs"
import { firstKeyOutside, type KeyRanges } from "./key-ranges.ts"
import { applyRows, generationKey, lostRows, noteKey, readIdentity, readKeys, renewIdentity } from "./load-rows.ts"
import { endOf, openDatabase, resultOf } from "./open-database.ts"
import {
  createUpdateStores,
  customStore,
  readOn,
  type StockReader,
  stockReader,
  trim,
  trimRows,
  updatesStore,
} from "./stock.ts"
import { faultOfAbort, isLostConnection, StorageFault } from "./storage-fault.ts"
import { type Deferred, deferred } from "./deferred.ts"

const firstRetryMs = 1_000
const maxRetryMs = 60_000
/** As y-indexeddb: a store that was just written is not merged at once. */
const trimDelayMs = 1_000

export interface DocStoreOptions {
  readonly name: string
  readonly doc: Y.Doc
  readonly indexedDB: IDBFactory
  readonly clock: Clock
  readonly random: Random
  readonly onFault: (fault: StorageFault) => void
  /** After rows were read and after each transaction that completed, before its promise resolves. */
  readonly onStored?: (stored: StoredKeys) => void
}

/** Keys whose rows, or what they were merged into, the document has seen. */
export interface StoredKeys {
  readonly incarnation: string
  readonly keys: KeyRanges
}

/** What of the stored rows the caller's other stores reflect already. */
export interface Reflected {
  readonly incarnation: string
  readonly keys: KeyRanges
}

/** Whose rows end where: told while loading, so that listeners can note what the rows behind it touch. */
export interface LoadBoundary extends Reflected {
  /** Called once, before the first row that is in none of the ranges; never where there is none. */
  readonly onReached: () => void
}

export interface LoadReport {
  readonly rows: number
  /** Names this life of the database; keys of another life mean nothing. */
  readonly incarnation: string
  /** Generation that the rows belong to, 0 while none was set. */
  readonly generation: number
  /** True when rows were applied with the origin `unreflectedOrigin`. */
  readonly unreflected: boolean
  /** What was noted beside the rows. */
  readonly notes: ReadonlyMap<string, unknown>
  /** The database was made by this opening: whatever there was before it is gone. */
  readonly isNew: boolean
  /** Rows are gone that were known to be stored: those that are left belong to a new life. */
  readonly isTruncated: boolean
}

/** `opening` until loaded, `failed` while the database refuses, then again `open`; `closed` for good. */
export type DocStoreState = "opening" | "open" | "failed" | "closed"

/**
 * A document's copy in the browser, in y-indexeddb's layout, whose every update is known to be stored or not.
 *
 * Order: construct, which begins to keep the document's updates in memory; `load` once; `close`. Updates wait for the
 * database, then go in one transaction a batch, strictly durable. A batch that aborts rejects its promise; the document's whole state is written
 * with the next attempt, so nothing stays behind.
 */
export class DocStore {
  readonly name: string
  readonly #options: DocStoreOptions
  #state: DocStoreState = "opening"
  #reader: StockReader | undefined
  #settledReader: StockReader | undefined
  #incarnation = ""
  #generation = 0
  #noteGeneration = false
  /** Everything noted in this session, and which of it is not written. */
  readonly #notes = new Map<string, unknown>()
  readonly #unwritten = new Set<string>()
  #highestKey = 0
  #queue: Uint8Array[] = []
  #next: Deferred<void> = deferred()
  #writing: Deferred<void> | undefined
  #busy = false
  #whole = false
  /** The row of the transaction under way. */
  #flying: Uint8Array | undefined
  #attempt = 0
  #retryTimer: Timer | undefined
  #trimTimer: Timer | undefined

  constructor(options: DocStoreOptions) {
    this.name = options.name
    this.#options = options
    options.doc.on("update", this.#keep)
  }

  get state(): DocStoreState {
    return this.#state
  }

  /** Highest key that this object has read or written; other tabs may have appended more. */
  get highestKey(): number {
    return this.#highestKey
  }

  get incarnation(): string {
    return this.#incarnation
  }

  /** Whether `origin` is that of rows read from here, reflected or not. */
  isOwnOrigin(origin: unknown): boolean {
    return origin === this.#reader || origin === this.#settledReader
  }

  /** Whether `origin` is that of rows that the caller had reflected when `load` was called. */
  isReflectedOrigin(origin: unknown): boolean {
    return origin !== undefined && origin === this.#settledReader
  }

  /** That of the rows, as read or set; 0 while unknown. */
  get generation(): number {
    return this.#generation
  }

  /** Whether the document has something that is not stored yet. */
  get isBehind(): boolean {
    return this.#state !== "open" || this.#queue.length > 0 || this.#whole || this.#writing !== undefined
  }

  /** What of the document is not stored, as one update; of what is not known row by row, what goes beyond `vector`. */
  unstored(vector: Uint8Array): Uint8Array | undefined {
    if (this.#state !== "open" || this.#whole) return Y.encodeStateAsUpdate(this.#options.doc, vector)
    const updates = this.#flying === undefined ? this.#queue : [this.#flying, ...this.#queue]
    return updates.length > 1 ? Y.mergeUpdates(updates) : updates[0]
  }

  /** Notes the generation of the document, in the next transaction. */
  setGeneration(generation: number): void {
    if (generation === this.#generation) return
    this.#generation = generation
    this.#noteGeneration = true
    this.#pump()
  }

  /** Notes a value beside the rows, in the next transaction; the last under a name stands. */
  note(name: string, value: unknown): void {
    this.#notes.set(name, value)
    this.#unwritten.add(name)
    this.#pump()
  }

  /** Resolves when everything the document has now is stored; rejects with the fault of the transaction that aborted. */
  stored(): Promise<void> {
    if (this.#queue.length > 0 || this.#whole) return this.#next.promise
    return this.#writing?.promise ?? Promise.resolve()
  }

  /**
   * Opens the database and applies its rows: first those reflected, then those from the first unreflected key on, so that
   * listeners can tell them apart by origin. Rejects with a `StorageFault`; opening is then tried again by itself.
   */
  async load(reflected: Reflected | undefined, boundary?: LoadBoundary): Promise<LoadReport> {
    try {
      return await this.#open(reflected, boundary)
    } catch (thrown) {
      throw this.#fail(thrown)
    }
  }

  /**
   * Applies what other tabs appended since the rows were last read; what the document has already does nothing. Without an open database
   * there is nothing to do: opening reads everything.
   */
  async readOn(): Promise<void> {
    const reader = this.#reader
    if (this.#state !== "open" || reader === undefined) return
    const from = reader._dbref
    await readOn(reader)
    if (reader !== this.#reader || reader._dbref <= from) return
    this.#highestKey = Math.max(this.#highestKey, reader._dbref - 1)
    this.#options.onStored?.({ incarnation: this.#incarnation, keys: [[0, reader._dbref - 1]] })
  }

  /** Waits for what is queued, then closes the connection. Idempotent; the document is let go at once. */
  async close(): Promise<void> {
    if (this.#state === "closed") return
    this.#options.doc.off("update", this.#keep)
    this.#trimTimer?.cancel()
    // A database that refuses is not waited for.
    if (this.#state === "open") await this.stored().catch(() => {})
    this.#state = "closed"
    this.#retryTimer?.cancel()
    this.#next.reject(new StorageFault("closed", this.name))
    this.#reader?.db.close()
  }

  readonly #keep = (update: Uint8Array, origin: unknown): void => {
    // What waits for a whole write needs no place in the queue.
    if (this.isOwnOrigin(origin) || (this.#whole && this.#state === "failed")) return
    this.#queue.push(update)
    this.#pump()
  }

  async #open(reflected: Reflected | undefined, boundary?: LoadBoundary): Promise<LoadReport> {
    const { indexedDB, name, doc } = this.#options
    const opened: { database?: IDBDatabase } = {}
    const database = await openDatabase({
      indexedDB,
      name,
      upgrade: createUpdateStores,
      onFault: (fault) => this.#onConnectionFault(opened.database, fault),
    })
    opened.database = database
    if (this.#state === "closed") {
      database.close()
      throw new StorageFault("closed", name)
    }
    const reader = stockReader(database, doc)
    this.#reader = reader
    const identity = await readIdentity(database, this.#options.random)
    const { generation, notes, isNew } = identity
    if (isNew) for (const name of this.#notes.keys()) this.#unwritten.add(name)
    const keys = await readKeys(database)
    const isTruncated = !isNew && lostRows(reflected, identity.incarnation, keys)
    // Keys of rows that are gone are given out again.
    const incarnation = isTruncated ? await renewIdentity(database, this.#options.random) : identity.incarnation
    const known = reflected?.incarnation === incarnation ? reflected.keys : []
    const from = firstKeyOutside(known, keys)
    const border = boundary && firstKeyOutside(boundary.incarnation === incarnation ? boundary.keys : [], keys)
    if (keys.length > 0) {
      const settled = stockReader(database, doc)
      this.#settledReader = settled
      const stop = border === undefined ? undefined : { key: border, reached: boundary?.onReached }
      await applyRows(reader, settled, from, stop)
    }
    this.#incarnation = incarnation
    if (this.#generation === 0) this.#generation = generation
    else this.#noteGeneration = this.#generation !== generation
    this.#highestKey = Math.max(0, reader._dbref - 1)
    this.#state = "open"
    this.#attempt = 0
    this.#options.onStored?.({ incarnation, keys: [[0, this.#highestKey]] })
    this.#pump()
    const { length: rows } = keys
    return { rows, incarnation, generation, unreflected: from !== undefined, notes, isNew, isTruncated }
  }

  #pump(): void {
    if (this.#state !== "open" || this.#busy || this.#reader === undefined) return
    if (this.#queue.length === 0 && !this.#whole && !this.#noteGeneration && this.#unwritten.size === 0) return
    const batch = this.#next
    this.#next = deferred()
    this.#writing = batch
    this.#busy = true
    this.#write(this.#reader).then(
      (key) => {
        this.#attempt = 0
        this.#settle()
        if (key !== undefined) this.#options.onStored?.({ incarnation: this.#incarnation, keys: [[key, key]] })
        batch.resolve()
        this.#planTrim()
        this.#pump()
      },
      (thrown: unknown) => {
        this.#settle()
        this.#whole = true
        this.#noteGeneration = this.#generation > 0
        for (const name of this.#notes.keys()) this.#unwritten.add(name)
        const fault = thrown instanceof StorageFault ? thrown : faultOfAbort(this.name, thrown)
        batch.reject(fault)
        this.#options.onFault(fault)
        if (this.#state !== "open") return
        // A connection lost without an event answers every transaction with InvalidStateError.
        if (isLostConnection(thrown)) {
          this.#state = "failed"
          this.#reopenLater()
        } else this.#retryLater(() => this.#pump())
      },
    )
  }

  #settle(): void {
    this.#busy = false
    this.#flying = undefined
    this.#writing = undefined
  }

  /** Returns the new row's key, undefined where there was only the generation to note. */
  async #write(reader: StockReader): Promise<number | undefined> {
    const row = this.#takeRow()
    this.#flying = row
    const generation = this.#noteGeneration ? this.#generation : undefined
    this.#noteGeneration = false
    const transaction = reader.db.transaction([updatesStore, customStore], "readwrite", { durability: "strict" })
    const end = endOf(transaction)
    if (generation !== undefined) transaction.objectStore(customStore).put(generation, generationKey)
    for (const name of this.#unwritten) transaction.objectStore(customStore).put(this.#notes.get(name), noteKey(name))
    this.#unwritten.clear()
    const key = row && (resultOf(transaction.objectStore(updatesStore).add(row)) as Promise<number>)
    key?.catch(() => {})
    await end
    if (key === undefined) return undefined
    reader._dbsize += 1
    const written = await key
    this.#highestKey = Math.max(this.#highestKey, written)
    return written
  }

  #takeRow(): Uint8Array | undefined {
    const updates = this.#queue
    this.#queue = []
    if (this.#whole) {
      this.#whole = false
      return Y.encodeStateAsUpdate(this.#options.doc)
    }
    return updates.length > 1 ? Y.mergeUpdates(updates) : updates[0]
  }

  #planTrim(): void {
    const reader = this.#reader
    if (reader === undefined || reader._dbsize < trimRows) return
    this.#trimTimer?.cancel()
    this.#trimTimer = this.#options.clock.after(trimDelayMs, () => this.#trim(reader))
  }

  #trim(reader: StockReader): void {
    if (this.#state !== "open" || this.#busy || reader !== this.#reader) return
    this.#busy = true
    trim(reader).then(
      (key) => {
        this.#settle()
        this.#highestKey = Math.max(this.#highestKey, key)
        // All keys up to this one are gone or merged into it.
        this.#options.onStored?.({ incarnation: this.#incarnation, keys: [[0, key]] })
        this.#pump()
      },
      (thrown: unknown) => {
        this.#settle()
        this.#options.onFault(faultOfAbort(this.name, thrown))
        this.#pump()
      },
    )
  }

  #onConnectionFault(database: IDBDatabase | undefined, fault: StorageFault): void {
    this.#options.onFault(fault)
    if (fault.fault === "blocked" || this.#reader?.db !== database || this.#state === "closed") return
    this.#state = "failed"
    this.#whole = true
    if (fault.fault === "superseded") this.#rejectNext(fault)
    else this.#reopenLater()
  }

  /** Tells, plans another attempt, and returns what to throw. */
  #fail(thrown: unknown): StorageFault {
    const fault = thrown instanceof StorageFault ? thrown : new StorageFault("unopened", this.name, thrown)
    if (this.#state === "closed") return fault
    this.#state = "failed"
    this.#whole = true
    this.#options.onFault(fault)
    this.#rejectNext(fault)
    this.#reopenLater()
    return fault
  }

  #rejectNext(fault: StorageFault): void {
    const batch = this.#next
    this.#next = deferred()
    this.#queue = []
    batch.reject(fault)
  }

  #reopenLater(): void {
    this.#retryLater(() => {
      this.#reader?.db.close()
      this.#open(undefined).catch((thrown: unknown) => this.#fail(thrown))
    })
  }

  #retryLater(task: () => void): void {
    this.#retryTimer?.cancel()
    const delayMs = Math.min(maxRetryMs, firstRetryMs * 2 ** Math.min(this.#attempt, 10))
    this.#attempt += 1
    this.#retryTimer = this.#options.clock.after(delayMs, task)
  }
}
