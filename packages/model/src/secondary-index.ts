import type { BagIndex, Follower } from "./bag-index.ts"
import { compareKeys, type Key, keysOf } from "./key.ts"
import type { IndexSchema } from "./schema.ts"
import { SortedList } from "./sorted-list.ts"
import { compareText } from "./value.ts"

export interface IndexRow {
  readonly key: Key
  readonly id: string
}

/** Bounds of keys; a missing one leaves that side open. */
export interface KeyRange {
  readonly lower?: Key
  readonly upper?: Key
  /** True where `lower` itself is not wanted. */
  readonly lowerOpen?: boolean
  readonly upperOpen?: boolean
}

/**
 * The records of a collection by the keys of some fields.
 *
 * It takes note of changed records and reads them when it is asked next, so it is right within transactions too, and
 * costs nothing while nobody asks.
 */
export class SecondaryIndex implements Follower {
  readonly #records: BagIndex
  readonly #fields: readonly string[]
  readonly #multiEntry: boolean
  readonly #rows = new SortedList<IndexRow>((a, b) => compareKeys(a.key, b.key) || compareText(a.id, b.id))
  readonly #keys = new Map<string, readonly Key[]>()
  readonly #dirty = new Set<string>()

  constructor(records: BagIndex, { on, multiEntry = false }: IndexSchema) {
    this.#records = records
    this.#fields = typeof on === "string" ? [on] : on
    this.#multiEntry = multiEntry
    const rows: IndexRow[] = []
    for (const id of records.everyId()) {
      const keys = this.#keysOf(id)
      if (keys.length > 0) this.#keys.set(id, keys)
      for (const key of keys) rows.push({ key, id })
    }
    this.#rows.replaceAll(rows)
    records.followers.add(this)
  }

  touch(id: string): void {
    this.#dirty.add(id)
  }

  /** Rows of a range in the order of keys, then ids; the other way round where `descending`. */
  *range(
    { lower, upper, lowerOpen = false, upperOpen = false }: KeyRange = {},
    descending = false,
  ): Iterable<IndexRow> {
    this.#refresh()
    const isAbove = ({ key }: IndexRow): boolean => {
      const order = lower === undefined ? 1 : compareKeys(key, lower)
      return lowerOpen ? order > 0 : order >= 0
    }
    const isBelow = ({ key }: IndexRow): boolean => {
      const order = upper === undefined ? -1 : compareKeys(key, upper)
      return upperOpen ? order < 0 : order <= 0
    }
    const [rows, isWithin] = descending
      ? [this.#rows.backFrom(isBelow), isAbove]
      : ([this.#rows.from(isAbove), isBelow] as const)
    for (const row of rows) {
      if (!isWithin(row)) return
      yield row
    }
  }

  /** Keys under which a record stands; none where it is in no index. */
  keysOfRecord(id: string): readonly Key[] {
    this.#refresh()
    return this.#keys.get(id) ?? []
  }

  idsOf(key: Key): readonly string[] {
    return [...this.range({ lower: key, upper: key })].map(({ id }) => id)
  }

  /** Every key once, in order. */
  *keys(): Iterable<Key> {
    let last: Key | undefined
    for (const { key } of this.range()) {
      if (last === undefined || compareKeys(last, key) !== 0) yield key
      last = key
    }
  }

  #refresh(): void {
    for (const id of this.#dirty) {
      for (const key of this.#keys.get(id) ?? []) this.#rows.delete({ key, id })
      const keys = this.#keysOf(id)
      if (keys.length > 0) this.#keys.set(id, keys)
      else this.#keys.delete(id)
      for (const key of keys) this.#rows.add({ key, id })
    }
    this.#dirty.clear()
  }

  #keysOf(id: string): readonly Key[] {
    const record = this.#records.glance(id)
    return record === undefined ? [] : keysOf(record, this.#fields, this.#multiEntry)
  }
}
