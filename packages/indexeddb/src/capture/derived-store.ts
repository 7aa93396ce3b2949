import type { CaptureContext } from "./capture-context.ts"
import { isHidden, journalOf, storedRange } from "./journal.ts"
import { asEngine, isEmpty } from "./name-list.ts"
import { accessorOf } from "./natives.ts"
import { copyKey, keyAtPath, lacksPath } from "./read-key.ts"
import type { TransactionRecorder } from "./transaction-recorder.ts"

type Methods<T> = Partial<Record<keyof T, PropertyDescriptor["value"]>>

/** Derived prototype of a class of the engine's: the same object to everybody, with some functions of ours. */
export function derive<T extends object>(prototype: T, methods: Methods<T>): T {
  const derived = Object.create(prototype) as T
  for (const [name, value] of Object.entries(methods)) {
    Object.defineProperty(derived, name, { value, configurable: true, writable: true, enumerable: true })
  }
  return derived
}

/** What object stores of captured transactions answer to. */
export function deriveStore(context: CaptureContext): IDBObjectStore {
  const { natives } = context
  const recorderOf = (store: IDBObjectStore): TransactionRecorder | undefined =>
    context.recorders.get(store.transaction)

  function write(op: "add" | "put") {
    return function (this: IDBObjectStore, ...args: [unknown, IDBValidKey?]): IDBRequest<IDBValidKey> {
      const recorder = recorderOf(this)
      const key = recorder && keyOf(this, args)
      // Asked before the engine writes the key into a copy; a key that it makes is nobody's yet, so there is no row.
      const generated = recorder !== undefined && key === undefined && isGenerated(this, args)
      const intent = recorder?.beforeKey(this, key, op === "put")
      const request = natives.store[op].apply(this, args)
      if (recorder === undefined || intent === undefined) return request
      if (key === undefined) recorder.tookUnknown(intent, generated ? "add" : "put", request)
      else recorder.tookKey(intent, op, key, request)
      return request
    }
  }

  const derived = derive<IDBObjectStore>(natives.realm.IDBObjectStore.prototype, {
    add: write("add"),
    put: write("put"),
    delete(this: IDBObjectStore, ...args: [IDBValidKey | IDBKeyRange]) {
      const recorder = recorderOf(this)
      if (recorder === undefined || isEmpty(args)) return natives.store.delete.apply(this, args)
      const [query] = args
      if (isRange(query, context)) {
        const range = storedRange(query)
        const intent = recorder.beforeRange(this, query)
        const request = natives.store.delete.call(this, query)
        if (intent !== undefined) recorder.tookRange(intent, range)
        return request
      }
      const key = copyKey(query)
      const intent = recorder.beforeKey(this, key, true)
      const request = natives.store.delete.apply(this, args)
      if (intent === undefined) return request
      if (key === undefined) recorder.tookRange(intent, undefined)
      else recorder.tookKey(intent, "delete", key, request)
      return request
    },
    clear(this: IDBObjectStore) {
      const recorder = recorderOf(this)
      const intent = recorder?.beforeRange(this, undefined)
      const request = natives.store.clear.call(this)
      if (intent !== undefined) recorder?.tookRange(intent, undefined)
      return request
    },
    openCursor(this: IDBObjectStore, ...args: Parameters<IDBObjectStore["openCursor"]>) {
      return adoptCursor(context, natives.store.openCursor.apply(this, args), this.transaction)
    },
    index(this: IDBObjectStore, ...args: [string]) {
      const index = natives.store.index.apply(this, args)
      context.adopt(index)
      return index
    },
    createIndex(this: IDBObjectStore, ...args: Parameters<IDBObjectStore["createIndex"]>) {
      const index = natives.store.createIndex.apply(this, args)
      context.adopt(index)
      return index
    },
  })
  const name = accessorOf(natives.realm.IDBObjectStore.prototype, "name")
  Object.defineProperty(derived, "name", {
    configurable: true,
    enumerable: true,
    get(this: IDBObjectStore): unknown {
      return name?.get?.call(this)
    },
    set(this: IDBObjectStore, value: unknown) {
      const from = name?.get?.call(this) as string
      asEngine(() => name?.set?.call(this, value))
      const to = name?.get?.call(this) as string
      if (from !== to) followRename(context, this, from, to)
    },
  })
  return derived
}

export function deriveIndex(context: CaptureContext): IDBIndex {
  const { natives } = context
  return derive<IDBIndex>(natives.realm.IDBIndex.prototype, {
    openCursor(this: IDBIndex, ...args: Parameters<IDBIndex["openCursor"]>) {
      return adoptCursor(context, natives.index.openCursor.apply(this, args), this.objectStore.transaction)
    },
  })
}

export function deriveCursor(context: CaptureContext): IDBCursorWithValue {
  const { natives } = context
  const storeOf = ({ source }: IDBCursor): IDBObjectStore => ("objectStore" in source ? source.objectStore : source)
  return derive<IDBCursorWithValue>(natives.realm.IDBCursorWithValue.prototype, {
    update(this: IDBCursor, ...args: [unknown]) {
      return cursorWrite(this, "put", () => natives.cursor.update.apply(this, args))
    },
    delete(this: IDBCursor) {
      return cursorWrite(this, "delete", () => natives.cursor.delete.call(this))
    },
  })

  function cursorWrite<T>(cursor: IDBCursor, op: "put" | "delete", write: () => IDBRequest<T>): IDBRequest<T> {
    const store = storeOf(cursor)
    const recorder = context.recorders.get(store.transaction)
    const key = recorder && copyKey(cursor.primaryKey)
    if (recorder === undefined || key === undefined) return write()
    const intent = recorder.beforeKey(store, key, true)
    const request = write()
    if (intent !== undefined) recorder.tookKey(intent, op, key, request)
    return request
  }
}

/** The cursor of a request is one object from its first success on. */
function adoptCursor<T extends IDBCursor | null>(
  context: CaptureContext,
  request: IDBRequest<T>,
  transaction: IDBTransaction,
): IDBRequest<T> {
  if (!context.recorders.has(transaction)) return request
  const adopt = (): void => {
    const cursor = request.result
    if (cursor !== null) context.adopt(cursor)
  }
  context.natives.listen.call(request, "success", adopt, { once: true })
  return request
}

/** Undefined where the engine makes the key, or where only the application's own code could tell it. */
function keyOf(store: IDBObjectStore, args: readonly [unknown, IDBValidKey?]): IDBValidKey | undefined {
  const { keyPath } = store
  if (keyPath !== null) return keyAtPath(args[0], keyPath)
  return copyKey(args[1])
}

function isGenerated(store: IDBObjectStore, args: readonly [unknown, IDBValidKey?]): boolean {
  if (!store.autoIncrement) return false
  const { keyPath } = store
  return keyPath === null ? args[1] === undefined : lacksPath(args[0], String(keyPath))
}

function isRange(query: unknown, { natives }: CaptureContext): query is IDBKeyRange {
  return typeof query === "object" && query !== null && isPrototype(natives.realm.IDBKeyRange.prototype, query)
}

function isPrototype(prototype: object, object: object): boolean {
  return Object.prototype.isPrototypeOf.call(prototype, object)
}

function followRename(context: CaptureContext, store: IDBObjectStore, from: string, to: string): void {
  const { transaction } = store
  const journaled = context.connections.get(transaction.db)?.journaled
  if (journaled?.delete(from) !== true || isHidden(to)) return
  journaled.add(to)
  const journal = context.natives.transaction.objectStore.call(transaction, journalOf(from))
  asEngine(() => void (journal.name = journalOf(to)))
  context.recorders.get(transaction)?.renamed(from, to)
}
