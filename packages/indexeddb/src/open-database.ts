import { StorageFault } from "./storage-fault.ts"

export interface DatabaseRequest {
  readonly indexedDB: IDBFactory
  readonly name: string
  /** Left out: whatever version there is, 1 when there is none, as y-indexeddb opens. */
  readonly version?: number
  /** Makes what is missing. */
  readonly upgrade: (database: IDBDatabase, transaction: IDBTransaction) => void
  /** Called when a database opens late, or when an open one is lost; a lost connection is closed already. */
  readonly onFault: (fault: StorageFault) => void
  /** Given, an upgrade by another page is no fault: the connection is closed, and may be opened again behind the upgrade. */
  readonly onUpgrade?: () => void
}

/** Opens a database and watches its connection. Rejects with the fault `unopened`. */
export function openDatabase(request: DatabaseRequest): Promise<IDBDatabase> {
  const { name, onFault } = request
  return new Promise((resolve, reject) => {
    let opening: IDBOpenDBRequest
    try {
      opening =
        request.version === undefined ? request.indexedDB.open(name) : request.indexedDB.open(name, request.version)
    } catch (cause) {
      reject(new StorageFault("unopened", name, cause))
      return
    }
    opening.onupgradeneeded = () => {
      if (opening.transaction !== null) request.upgrade(opening.result, opening.transaction)
    }
    opening.onblocked = () => onFault(new StorageFault("blocked", name))
    opening.onerror = () => reject(new StorageFault("unopened", name, opening.error))
    opening.onsuccess = () => {
      const database = opening.result
      database.onversionchange = ({ newVersion }) => {
        // Refusing would block the other page's deletion or upgrade for as long as this page lives.
        database.close()
        if (newVersion !== null && request.onUpgrade !== undefined) request.onUpgrade()
        else onFault(new StorageFault(newVersion === null ? "deleted" : "superseded", name))
      }
      database.onclose = () => onFault(new StorageFault("closed", name))
      resolve(database)
    }
  })
}

/** Resolves with the request's result; rejects with its error. The transaction must still be watched for its end. */
export function resultOf<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error ?? new Error("The request failed."))
  })
}

/** Resolves at `complete`, rejects at `abort` with the transaction's error: the only events that prove anything. */
export function endOf(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve()
    transaction.onabort = () => reject(transaction.error ?? new Error("The transaction was aborted."))
  })
}
