import { getOwn, type PlainRecord, type Value } from "./value.ts"

/** What an index can hold: IndexedDB's keys, compared as IndexedDB compares them. */
export type Key = number | Date | string | Uint8Array | readonly Key[]

/** True for what IndexedDB takes as a key; not for booleans, null, NaN and objects. */
export function isKey(value: unknown, depth = 0): value is Key {
  if (typeof value === "string") return true
  if (typeof value === "number") return !Number.isNaN(value)
  if (value instanceof Date) return !Number.isNaN(value.getTime())
  if (value instanceof Uint8Array) return true
  return Array.isArray(value) && depth < 100 && value.every((item) => isKey(item, depth + 1))
}

/** Numbers come before dates, dates before texts, texts before bytes, bytes before arrays. */
export function compareKeys(a: Key, b: Key): number {
  if (typeof a === "string" && typeof b === "string") return a < b ? -1 : a > b ? 1 : 0
  const rank = rankOf(a) - rankOf(b)
  if (rank !== 0) return rank
  if (typeof a === "string" || typeof b === "string") return 0
  if (typeof a === "number" || typeof b === "number" || a instanceof Date || b instanceof Date) {
    return Number(a) < Number(b) ? -1 : Number(a) > Number(b) ? 1 : 0
  }
  return compareLists(a, b)
}

/** The keys under which a record stands in an index; none where a field has no legal key. */
export function keysOf(record: PlainRecord, fields: readonly string[], multiEntry: boolean): readonly Key[] {
  const values = fields.map((field) => getOwn(record, field))
  const [first] = values
  if (fields.length > 1) return values.every((value) => isKey(value)) ? [values] : []
  if (!multiEntry || !Array.isArray(first)) return isKey(first) ? [first] : []
  const keys: Key[] = []
  for (const item of first as readonly Value[]) {
    if (isKey(item) && !keys.some((key) => compareKeys(key, item) === 0)) keys.push(item)
  }
  return keys
}

function rankOf(key: Key): number {
  if (typeof key === "number") return 0
  if (key instanceof Date) return 1
  if (typeof key === "string") return 2
  return key instanceof Uint8Array ? 3 : 4
}

function compareLists(a: ArrayLike<Key>, b: ArrayLike<Key>): number {
  const shorter = Math.min(a.length, b.length)
  for (let at = 0; at < shorter; at++) {
    const order = compareKeys(a[at] ?? 0, b[at] ?? 0)
    if (order !== 0) return order
  }
  return a.length - b.length
}
