import type { UniqueViolation } from "./mirror-api.ts"

/**
 * Lists records that share a key of an index, at most `limit` keys; reads the whole index, keys only.
 *
 * A record counts once for a key, however often it has it.
 */
export function uniqueViolations(
  indexedDB: IDBFactory,
  database: IDBDatabase,
  collection: string,
  index: string,
  limit: number,
): Promise<readonly UniqueViolation[]> {
  return new Promise((resolve, reject) => {
    const found: UniqueViolation[] = []
    const transaction = database.transaction([collection], "readonly")
    const request = transaction.objectStore(collection).index(index).openKeyCursor()
    let key: IDBValidKey | undefined
    let ids: string[] = []
    const close = (): void => {
      if (key !== undefined && ids.length > 1) found.push({ collection, index, key, ids })
    }
    request.onerror = () => reject(request.error ?? new Error("The index could not be read."))
    request.onsuccess = () => {
      const cursor = request.result
      const isSame = cursor !== null && key !== undefined && indexedDB.cmp(cursor.key, key) === 0
      if (!isSame) {
        close()
        ids = []
      }
      if (cursor === null || found.length >= limit) {
        resolve(found)
        return
      }
      key = cursor.key
      ids.push(cursor.primaryKey as string)
      cursor.continue()
    }
  })
}
