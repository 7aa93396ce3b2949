import type { BagIndex, Follower } from "./bag-index.ts"
import type { BagStore } from "./bag-store.ts"
import { sameValue } from "./canonical.ts"
import { compareKeys, isKey, type Key } from "./key.ts"
import { Listeners } from "./listeners.ts"
import type { KeyRange, SecondaryIndex } from "./secondary-index.ts"
import { SortedList } from "./sorted-list.ts"
import { compareText, getOwn, type PlainRecord } from "./value.ts"

/** What records are wanted, in which order. Without order by the index's keys, or by id. */
export interface Query<R = PlainRecord> {
  /** Fields and what they must be, or a pure function. */
  readonly where?: Partial<R> | ((record: R, id: string) => boolean)
  /** A declared index to go by. */
  readonly index?: string
  /** Keys of `index` that are wanted. */
  readonly range?: KeyRange
  /** Fields to order by; a record without a legal key there comes last. Equal ones stand in the order of their ids. */
  readonly orderBy?: (keyof R & string) | readonly (keyof R & string)[]
  readonly descending?: boolean
  readonly limit?: number
}

/** A record in a result; the same object until the record changes. */
export interface Row<R = PlainRecord> {
  readonly id: string
  readonly record: R
}

interface Entry {
  readonly id: string
  readonly keys: readonly (Key | undefined)[]
}

/**
 * A result that follows its collection.
 *
 * A change costs what it changes: the work grows with the changed records and with `limit`, not with the number of
 * records. Without `limit`, `rows` builds an array as long as the result when it is read after a change. An unchanged
 * result is the same array. A query that nobody has subscribed to follows nothing and may simply be dropped.
 */
export class LiveQuery<R = PlainRecord> implements Follower {
  readonly #store: BagStore
  readonly #records: BagIndex
  readonly #query: Query<R>
  readonly #orderBy: readonly string[]
  readonly #index: SecondaryIndex | undefined
  readonly #sorted: SortedList<Entry>
  readonly #entries = new Map<string, Entry>()
  readonly #dirty = new Set<string>()
  readonly #listeners = new Listeners<void>()
  #stopSettled: (() => void) | undefined
  /** The version of the collection that the entries stand for; undefined before the first reading. */
  #version: number | undefined
  #rows: readonly Row<R>[] = []
  #rowById: ReadonlyMap<string, Row<R>> = new Map()
  #isStale = true

  /** @internal Use `Collection.query`. */
  constructor(store: BagStore, collection: string, query: Query<R>) {
    this.#store = store
    this.#records = store.index(collection)
    this.#query = query
    this.#orderBy = query.orderBy === undefined ? [] : [query.orderBy].flat()
    this.#index = query.index === undefined ? undefined : store.declaredIndex(collection, query.index)
    this.#sorted = new SortedList((a, b) => this.#compare(a, b))
  }

  /** The result as it is now, frozen; the same array while nothing in it changed. */
  get rows(): readonly Row<R>[] {
    this.#refresh()
    if (!this.#isStale) return this.#rows
    const next: Row<R>[] = []
    const limit = this.#query.limit ?? Number.POSITIVE_INFINITY
    if (limit > 0) {
      for (const { id } of this.#sorted.from()) {
        next.push(this.#rowById.get(id) ?? { id, record: this.#recordOf(id) as R })
        if (next.length >= limit) break
      }
    }
    this.#isStale = false
    const isSame = next.length === this.#rows.length && next.every((row, at) => row === this.#rows[at])
    if (!isSame) {
      this.#rows = Object.freeze(next)
      this.#rowById = new Map(next.map((row) => [row.id, row]))
    }
    return this.#rows
  }

  /** How many records match, whatever `limit` says. */
  get total(): number {
    this.#refresh()
    return this.#entries.size
  }

  /** Called after each transaction that changed the result. Returns the function that ends it. */
  subscribe(listener: () => void): () => void {
    if (!this.#listeners.any) {
      void this.rows
      this.#records.followers.add(this)
      this.#stopSettled = this.#store.settled.add(() => this.#settle())
    }
    const stop = this.#listeners.add(listener)
    return () => {
      stop()
      if (this.#listeners.any) return
      this.#records.followers.delete(this)
      this.#stopSettled?.()
    }
  }

  touch(id: string): void {
    this.#dirty.add(id)
  }

  #settle(): void {
    const before = this.#rows
    this.#refresh()
    if (!this.#isStale && before === this.#rows) return
    // With a limit most changes happen outside the result; without one each match is in it, and looking would cost.
    if (this.#query.limit !== undefined && this.rows === before) return
    const errors = this.#listeners.emit()
    if (errors.length > 0) throw errors[0]
  }

  #refresh(): void {
    const isFollowing = this.#listeners.any && this.#version !== undefined
    if (!isFollowing && this.#version !== this.#records.version) this.#rebuild()
    for (const id of this.#dirty) this.#follow(id)
    this.#dirty.clear()
  }

  #rebuild(): void {
    this.#dirty.clear()
    this.#entries.clear()
    const { index } = this.#query
    const ids =
      this.#index === undefined || index === undefined ? this.#records.everyId() : this.#idsInRange(this.#index)
    for (const id of ids) {
      const entry = this.#entries.has(id) ? undefined : this.#entryOf(id, this.#records.glance(id))
      if (entry !== undefined) this.#entries.set(id, entry)
    }
    this.#sorted.replaceAll(this.#entries.values())
    this.#rowById = new Map([...this.#rowById].filter(([id, row]) => this.#recordOf(id) === row.record))
    this.#version = this.#records.version
    this.#isStale = true
  }

  #follow(id: string): void {
    const old = this.#entries.get(id)
    const entry = this.#entryOf(id, this.#recordOf(id))
    if (old !== undefined) this.#sorted.delete(old)
    if (entry === undefined) this.#entries.delete(id)
    else {
      this.#entries.set(id, entry)
      this.#sorted.add(entry)
    }
    const row = this.#rowById.get(id)
    if (row !== undefined && row.record !== this.#recordOf(id)) {
      const rows = this.#rowById as Map<string, Row<R>>
      rows.delete(id)
    }
    const isSame =
      old !== undefined && entry !== undefined && row?.record === this.#recordOf(id) && this.#compare(old, entry) === 0
    if ((old !== undefined || entry !== undefined) && !isSame) this.#isStale = true
  }

  #entryOf(id: string, record: PlainRecord | undefined): Entry | undefined {
    const { where } = this.#query
    const key = this.#index === undefined ? undefined : this.#keyInRange(this.#index, id)
    if (this.#index !== undefined && key === undefined) return undefined
    if (record === undefined || !this.#matches(where, record, id)) return undefined
    if (this.#orderBy.length === 0) return { id, keys: key === undefined ? [] : [key] }
    return { id, keys: this.#orderBy.map((field) => keyOrNone(getOwn(record, field))) }
  }

  #matches(where: Query<R>["where"], record: PlainRecord, id: string): boolean {
    if (where === undefined) return true
    if (typeof where === "function") return where(record as R, id)
    return Object.entries(where).every(([field, value]) => sameValue(getOwn(record, field), value))
  }

  #idsInRange(index: SecondaryIndex): readonly string[] {
    return [...index.range(this.#query.range)].map(({ id }) => id)
  }

  // With several keys in the range, of a multi-entry index, a record stands where the first of them in order does.
  #keyInRange(index: SecondaryIndex, id: string): Key | undefined {
    const within = index.keysOfRecord(id).filter((key) => isWithin(key, this.#query.range ?? {}))
    const sorted = within.sort(compareKeys)
    return this.#query.descending === true ? sorted.at(-1) : sorted[0]
  }

  #recordOf(id: string): PlainRecord | undefined {
    return this.#records.fold(id).record
  }

  #compare(a: Entry, b: Entry): number {
    const sign = this.#query.descending === true ? -1 : 1
    for (let at = 0; at < Math.max(a.keys.length, b.keys.length); at++) {
      const [left, right] = [a.keys[at], b.keys[at]]
      if (left === undefined || right === undefined) {
        if (left !== right) return left === undefined ? 1 : -1
      } else {
        const order = compareKeys(left, right)
        if (order !== 0) return sign * order
      }
    }
    return sign * compareText(a.id, b.id)
  }
}

function keyOrNone(value: unknown): Key | undefined {
  if (typeof value === "boolean") return Number(value)
  return isKey(value) ? value : undefined
}

function isWithin(key: Key, { lower, upper, lowerOpen, upperOpen }: KeyRange): boolean {
  const above = lower === undefined ? 1 : compareKeys(key, lower)
  const below = upper === undefined ? -1 : compareKeys(key, upper)
  return (lowerOpen === true ? above > 0 : above >= 0) && (upperOpen === true ? below < 0 : below <= 0)
}
