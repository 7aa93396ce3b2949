import type { IDBFactory } from "fake-indexeddb"

/** A browser's storage that can be made to fail as browsers' do: at the end of a transaction, or at opening. */
export interface SickFactory {
  readonly indexedDB: globalThis.IDBFactory
  /** Writes abort with this error's name after their requests succeeded; undefined heals. */
  abortWritesWith: string | undefined
  /** Opening fails. */
  refuseToOpen: boolean
  /** Connections that are open, to be closed as a browser does. */
  readonly connections: IDBDatabase[]
}

/** Only what the real implementation cannot be brought to do is bent; everything else is the real one. */
export function sickFactory(real: IDBFactory): SickFactory {
  const sick: SickFactory = {
    abortWritesWith: undefined,
    refuseToOpen: false,
    connections: [],
    indexedDB: new Proxy(real, {
      get: (target, name) => (name === "open" ? open : (Reflect.get(target, name) as unknown)),
    }),
  }
  const open = (name: string, version?: number): IDBOpenDBRequest => {
    if (sick.refuseToOpen) throw new DOMException("The storage is broken.", "UnknownError")
    const request = version === undefined ? real.open(name) : real.open(name, version)
    request.addEventListener("success", () => {
      const database = request.result
      const transaction = database.transaction.bind(database)
      database.transaction = (stores, mode, options) => spoil(transaction(stores, mode, options), mode)
      sick.connections.push(database)
    })
    return request
  }
  const spoil = (transaction: IDBTransaction, mode: IDBTransactionMode | undefined): IDBTransaction => {
    const name = sick.abortWritesWith
    if (name === undefined || mode !== "readwrite") return transaction
    Object.defineProperty(transaction, "error", { get: () => new DOMException("", name) })
    const objectStore = transaction.objectStore.bind(transaction)
    transaction.objectStore = (store) => {
      const opened = objectStore(store)
      for (const method of ["add", "put"] as const) {
        const write = opened[method].bind(opened)
        opened[method] = (...given: [unknown, IDBValidKey?]) => {
          const request = write(...given)
          // The request succeeds first: that is what a full disk looks like.
          request.addEventListener("success", () => transaction.abort())
          return request
        }
      }
      return opened
    }
    return transaction
  }
  return sick
}
