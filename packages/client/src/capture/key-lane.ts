import { resultOf } from "@millrace/indexeddb"
import type { SharedStore } from "./stores-side.ts"

const epochMs = Date.UTC(2024, 0, 1)
/** Keys of one second. */
const keysPerSecond = 2 ** 23

/** No generator that counts from one gets here; every lane is above. */
export const firstLane: number = 2 ** 45

/**
 * Lets a store's key generator count on from a place of this browser's own: the second, then 23 bits by chance.
 *
 * Two browsers apart would count over the same numbers, and rows of others move the generator to where theirs counts: so a place is drawn at
 * the first taking in and in every transaction that writes back rows with new keys. Later places are higher, so keys keep growing with time.
 */
export async function openLane(
  rows: IDBObjectStore,
  store: SharedStore,
  nowMs: number,
  random: () => number,
): Promise<void> {
  if (!store.autoIncrement) return
  const highest = await resultOf(rows.openKeyCursor(IDBKeyRange.upperBound(Number.POSITIVE_INFINITY), "prev"))
  const above = typeof highest?.key === "number" ? Math.floor(highest.key / keysPerSecond) + 1 : 0
  const second = Math.max(Math.floor((nowMs - epochMs) / 1_000), above, firstLane / keysPerSecond)
  const place = second * keysPerSecond + Math.floor(random() * (keysPerSecond / 2))
  // The generator follows an explicit key and does not go back when the row goes.
  if (store.keyPath === null) rows.put(true, place)
  else rows.put(withKey(String(store.keyPath), place))
  rows.delete(place)
}

function withKey(path: string, key: number): object {
  return path.split(".").reduceRight<unknown>((inner, name) => ({ [name]: inner }), key) as object
}
