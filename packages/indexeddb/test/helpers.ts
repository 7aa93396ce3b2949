import "fake-indexeddb/auto"
import { type Clock, systemClock, systemRandom } from "@millrace/ports"
import { atEndOfTests } from "@millrace/testkit"
import { IDBFactory } from "fake-indexeddb"
import * as Y from "yjs"
import { DocStore, type DocStoreOptions, StatusStore, type StorageFault, type StoredKeys } from "../src/index.ts"

export function newFactory(): IDBFactory {
  return new IDBFactory()
}

export interface Opened {
  readonly doc: Y.Doc
  readonly store: DocStore
  readonly faults: StorageFault[]
  readonly stored: StoredKeys[]
}

/** Two that are given the same factory are two tabs, or two sessions, of one browser. */
export function openStore(indexedDB: DocStoreOptions["indexedDB"], clock: Clock = systemClock): Opened {
  const doc = new Y.Doc()
  const faults: StorageFault[] = []
  const stored: StoredKeys[] = []
  const store = new DocStore({
    name: "millrace:w:updates",
    doc,
    indexedDB,
    clock,
    random: systemRandom,
    onFault: (fault) => faults.push(fault),
    onStored: (keys) => stored.push(keys),
  })
  atEndOfTests(() => store.close())
  return { doc, store, faults, stored }
}

export function openStatus(indexedDB: IDBFactory): StatusStore {
  const store = new StatusStore({ name: "millrace:w", indexedDB, onFault: () => {} })
  atEndOfTests(() => store.close())
  return store
}

export function openPlain(indexedDB: IDBFactory, name = "millrace:w:updates"): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name)
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
}

export async function countRows(indexedDB: IDBFactory): Promise<number> {
  const database = await openPlain(indexedDB)
  const request = database.transaction("updates").objectStore("updates").count()
  const count = await new Promise<number>((resolve) => {
    request.onsuccess = () => resolve(request.result)
  })
  database.close()
  return count
}
