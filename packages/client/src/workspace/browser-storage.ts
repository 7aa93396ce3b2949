import type { StorageReport } from "../api.ts"

interface StorageHost {
  readonly navigator?: {
    readonly storage?: {
      estimate?(): Promise<{ readonly usage?: number; readonly quota?: number }>
      persisted?(): Promise<boolean>
      persist?(): Promise<boolean>
    }
  }
}

/** How much room the browser has, and whether it may take it back; asks for more than that only where `persist` is set. */
export async function storageReport(persist: boolean): Promise<StorageReport> {
  const storage = (globalThis as unknown as StorageHost).navigator?.storage
  const isPersisted = persist ? await storage?.persist?.() : await storage?.persisted?.()
  const { usage, quota } = (await storage?.estimate?.()) ?? {}
  return { persisted: isPersisted ?? false, usageBytes: usage, quotaBytes: quota }
}

/** Deletes databases; resolves when all are gone, which other pages hold up until they let go. */
export async function deleteDatabases(indexedDB: IDBFactory, names: readonly string[]): Promise<void> {
  const deleted = names.map(
    (name) =>
      new Promise<void>((resolve, reject) => {
        const request = indexedDB.deleteDatabase(name)
        request.onsuccess = () => resolve()
        request.onerror = () => reject(request.error ?? new Error(`"${name}" was not deleted.`))
      }),
  )
  await Promise.all(deleted)
}
