/** The classes of one realm's IndexedDB, by their global names. */
export interface IndexedDBRealm {
  readonly IDBFactory: { readonly prototype: IDBFactory }
  readonly IDBDatabase: { readonly prototype: IDBDatabase }
  readonly IDBTransaction: { readonly prototype: IDBTransaction }
  readonly IDBObjectStore: { readonly prototype: IDBObjectStore }
  readonly IDBIndex: { readonly prototype: IDBIndex }
  readonly IDBCursor: { readonly prototype: IDBCursor }
  readonly IDBCursorWithValue: { readonly prototype: IDBCursorWithValue }
  readonly IDBKeyRange: { bound(lower: unknown, upper: unknown): IDBKeyRange; readonly prototype: IDBKeyRange }
  readonly IDBVersionChangeEvent?: { readonly prototype: IDBVersionChangeEvent }
  readonly DOMStringList?: { readonly prototype: DOMStringList }
}

/** The engine's own functions, taken when capture begins: what captured objects are asked with. */
export class Natives {
  readonly realm: IndexedDBRealm
  readonly factory: Pick<IDBFactory, "open" | "deleteDatabase" | "databases" | "cmp">
  readonly database: Pick<IDBDatabase, "transaction" | "createObjectStore" | "deleteObjectStore" | "close">
  readonly transaction: Pick<IDBTransaction, "objectStore" | "commit" | "abort">
  readonly store: Pick<
    IDBObjectStore,
    "add" | "put" | "delete" | "clear" | "get" | "getAll" | "getAllKeys" | "openCursor" | "index" | "createIndex"
  >
  readonly index: Pick<IDBIndex, "openCursor">
  readonly cursor: Pick<IDBCursor, "update" | "delete">
  readonly listen: EventTarget["addEventListener"]

  constructor(realm: IndexedDBRealm) {
    this.realm = realm
    const { IDBFactory, IDBDatabase, IDBTransaction, IDBObjectStore, IDBIndex, IDBCursor } = realm
    this.factory = take(IDBFactory.prototype, ["open", "deleteDatabase", "databases", "cmp"])
    this.database = take(IDBDatabase.prototype, ["transaction", "createObjectStore", "deleteObjectStore", "close"])
    this.transaction = take(IDBTransaction.prototype, ["objectStore", "commit", "abort"])
    this.store = take(IDBObjectStore.prototype, [
      "add",
      "put",
      "delete",
      "clear",
      "get",
      "getAll",
      "getAllKeys",
      "openCursor",
      "index",
      "createIndex",
    ])
    this.index = take(IDBIndex.prototype, ["openCursor"])
    this.cursor = take(IDBCursor.prototype, ["update", "delete"])
    this.listen = take(IDBDatabase.prototype, ["addEventListener"]).addEventListener
  }
}

/** Kept apart from the prototype, which others may change later. */
function take<T, K extends keyof T>(prototype: T, names: readonly K[]): Pick<T, K> {
  const taken: Partial<Pick<T, K>> = {}
  for (const name of names) taken[name] = prototype[name]
  return taken as Pick<T, K>
}

/** The accessor of a prototype, wherever in its chain it stands. */
export function accessorOf(prototype: object, name: string): PropertyDescriptor | undefined {
  for (let at: object | null = prototype; at !== null; at = Object.getPrototypeOf(at) as object | null) {
    const found = Object.getOwnPropertyDescriptor(at, name)
    if (found !== undefined) return found
  }
  return undefined
}
