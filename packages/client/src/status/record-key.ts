import type { RecordRef } from "../api.ts"

/** A record's name as one string: the collection's length in front keeps any two names apart. */
export type RecordKey = `${number}:${string}`

export function keyOf(collection: string, id: string): RecordKey {
  return `${collection.length}:${collection}${id}`
}

export function refOf(key: RecordKey): RecordRef {
  const colon = key.indexOf(":")
  const end = colon + 1 + Number(key.slice(0, colon))
  return { collection: key.slice(colon + 1, end), id: key.slice(end) }
}
