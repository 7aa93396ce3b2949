import {
  addKeys,
  type KeyRanges,
  type StatusRow,
  type StatusSnapshot,
  type StatusStore,
  type StoredKeys,
} from "@millrace/indexeddb"
import type { Clock, Timer } from "@millrace/ports"
import { type RecordKey, keyOf, refOf } from "./record-key.ts"
import type { BookListener, StatusBook } from "./status-book.ts"

const coalesceMs = 100
const retryMs = 5_000

export interface StatusKeeperOptions {
  readonly store: StatusStore
  readonly book: StatusBook
  readonly clock: Clock
  /** Names this session in the marks of rows that wait. */
  readonly session: string
  readonly position: () => { readonly seq: number; readonly generation: number }
  readonly exists: (collection: string, id: string) => boolean
  readonly ids: (collection: string) => Iterable<string>
}

/**
 * Keeps `$status` in step with the book, at most once in 100 ms.
 *
 * Keys of the local update store count as reflected from the flush that writes their touches, never earlier. A flush
 * that fails is tried again whole.
 */
export class StatusKeeper implements BookListener {
  readonly #options: StatusKeeperOptions
  readonly #marks = new Map<RecordKey, string[]>()
  #keys = new Set<RecordKey>()
  #collections = new Set<string>()
  #reflected: KeyRanges = []
  #incarnation = ""
  #timer: Timer | undefined
  #running: Promise<void> | undefined
  #moved = false
  #closed = false

  constructor(options: StatusKeeperOptions) {
    this.#options = options
  }

  restore({ open }: StatusSnapshot): void {
    for (const { collection, id, marks } of open) {
      if (marks !== undefined) this.#marks.set(keyOf(collection, id), [...marks])
    }
  }

  /** The local update store has these keys, and the book has heard of their touches. */
  stored({ incarnation, keys }: StoredKeys): void {
    this.#reflected = incarnation === this.#incarnation ? addKeys(this.#reflected, keys) : keys
    this.#incarnation = incarnation
    this.changed()
  }

  recordChanged(key: RecordKey): void {
    this.#keys.add(key)
    this.changed()
  }

  collectionChanged(collection: string): void {
    this.#collections.add(collection)
    this.changed()
  }

  /** The position is to be written. */
  changed(): void {
    this.#moved = true
    this.#plan(coalesceMs)
  }

  /** Writes what is due now. Rejects as the store does; what was not written stays due. */
  async flush(): Promise<void> {
    await this.#running?.catch(() => {})
    this.#timer?.cancel()
    this.#timer = undefined
    // Without a life of the update store there is nothing that the rows could stand for yet.
    if (!this.#moved || this.#incarnation === "") return
    this.#running = this.#write()
    try {
      await this.#running
    } finally {
      this.#running = undefined
    }
  }

  /** Writes the rest and stops. */
  async close(): Promise<void> {
    this.#closed = true
    this.#timer?.cancel()
    await this.flush()
  }

  #plan(delayMs: number): void {
    if (this.#closed || this.#timer !== undefined) return
    this.#timer = this.#options.clock.after(delayMs, () => {
      this.#timer = undefined
      this.flush().catch(() => this.#plan(retryMs))
    })
  }

  async #write(): Promise<void> {
    const { book, store, position } = this.#options
    const keys = this.#keys
    const collections = this.#collections
    this.#keys = new Set()
    this.#collections = new Set()
    const reflected = this.#reflected
    const incarnation = this.#incarnation
    this.#moved = false
    const rows: StatusRow[] = []
    const removed: (readonly [string, string])[] = []
    for (const key of this.#keysOf(keys, collections)) this.#collect(key, rows, removed)
    try {
      await store.write({
        rows,
        removed,
        position: { incarnation, reflected, ...position(), floors: book.floors, bases: book.bases },
        marksOf: (collection, id) => this.#marks.get(keyOf(collection, id)) ?? [],
      })
    } catch (thrown) {
      for (const key of keys) this.#keys.add(key)
      for (const collection of collections) this.#collections.add(collection)
      this.#moved = true
      throw thrown
    }
    // What the row had of this tab was replaced: only the new mark is this tab's now.
    for (const { collection, id, marks } of rows) {
      if (marks === undefined) this.#marks.delete(keyOf(collection, id))
      else this.#marks.set(keyOf(collection, id), [...marks])
    }
    for (const [collection, id] of removed) this.#marks.delete(keyOf(collection, id))
  }

  *#keysOf(keys: ReadonlySet<RecordKey>, collections: ReadonlySet<string>): Iterable<RecordKey> {
    yield* keys
    for (const collection of collections) {
      for (const id of this.#options.ids(collection)) {
        const key = keyOf(collection, id)
        if (!keys.has(key)) yield key
      }
    }
  }

  #collect(key: RecordKey, rows: StatusRow[], removed: (readonly [string, string])[]): void {
    const { book, clock, session, exists } = this.#options
    const { collection, id } = refOf(key)
    const status = book.statusOf(collection, id)
    // A record that is gone, and whose end everybody has, needs no row.
    if ((status.state === "accepted" || status.state === "durable") && !exists(collection, id)) {
      removed.push([collection, id])
      return
    }
    const row: StatusRow = { ...status, updatedAtMs: clock.nowMs() }
    if (status.state !== "waiting") {
      rows.push(row)
      return
    }
    const mark = `${session}:${book.waitingEdit(key)}`
    this.#know(key, mark)
    rows.push({ ...row, marks: [mark] })
  }

  #know(key: RecordKey, mark: string): void {
    const known = this.#marks.get(key)
    if (known === undefined) this.#marks.set(key, [mark])
    else if (!known.includes(mark)) known.push(mark)
  }
}
