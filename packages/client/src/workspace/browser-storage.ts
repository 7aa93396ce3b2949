import { statusDatabaseName, updatesDatabaseName } from "@millrace/indexeddb"
import { MillraceError } from "@millrace/ports"
import type { StorageReport } from "../api.ts"
import type { Platform } from "../platform.ts"
import { markOf } from "./kept-mark.ts"

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

/** Throws kind `conflict` where edits of so many records are only here. */
export function mustBeSent(waiting: number): void {
  if (waiting === 0) return
  throw new MillraceError(
    `${waiting} records have edits that only this browser has: wait until they are saved, export them with unsent(), or wipe with evenUnsent.`,
    { kind: "conflict" },
  )
}

/** Deletes what a browser keeps of a closed workspace. */
export async function wipeCopy(
  { indexedDB, marks }: Pick<Platform, "indexedDB" | "marks">,
  { ref, statusRef }: { readonly ref: string; readonly statusRef: string },
): Promise<void> {
  marks?.set(markOf(ref), undefined)
  if (indexedDB === undefined) return
  await deleteDatabases(indexedDB, [...[ref, statusRef].map(updatesDatabaseName), statusDatabaseName(ref)])
}

/** Deletes databases; resolves when all are gone, which other pages hold up until they let go. */
async function deleteDatabases(indexedDB: IDBFactory, names: readonly string[]): Promise<void> {
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
