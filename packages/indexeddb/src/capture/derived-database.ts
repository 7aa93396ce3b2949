import type { CaptureContext } from "./capture-context.ts"
import { derive } from "./derived-store.ts"
import { cleanKey, isHidden, journalOf } from "./journal.ts"
import { asEngine, asksEngine, isEmpty, visibleNames, webString } from "./name-list.ts"
import { accessorOf } from "./natives.ts"

/** What the connections of chosen databases answer to. */
export function deriveDatabase(context: CaptureContext): IDBDatabase {
  const { natives, connections } = context
  const prototype = natives.realm.IDBDatabase.prototype
  const derived = derive<IDBDatabase>(prototype, {
    transaction(this: IDBDatabase, ...args: Parameters<IDBDatabase["transaction"]>) {
      const connection = connections.get(this)
      const mode: unknown = args[1]
      if (connection === undefined || args.length < 2 || mode === "readonly") return open(this, args)
      // Converted once, in the engine's order, because the application may watch.
      const names = namesOf(args[0])
      const wanted = mode === undefined ? undefined : (webString(mode) as IDBTransactionMode)
      const journals = wanted === "readwrite" ? journalsOf(names, connection.journaled) : []
      const transaction = open(this, [[...names, ...journals], wanted, ...(args.slice(2) as [IDBTransactionOptions?])])
      if (journals.length > 0) context.record(transaction, connection)
      return transaction
    },
    createObjectStore(this: IDBDatabase, ...args: Parameters<IDBDatabase["createObjectStore"]>) {
      const store = asEngine(() => natives.database.createObjectStore.apply(this, args))
      const connection = connections.get(this)
      if (connection !== undefined) {
        context.adopt(store)
        createJournal(context, this, store.name)
        connection.journaled.add(store.name)
      }
      return store
    },
    deleteObjectStore(this: IDBDatabase, ...args: [string]) {
      const connection = connections.get(this)
      const given = connection === undefined || isEmpty(args) ? args : ([unhidden(args[0])] as [string])
      asEngine(() => natives.database.deleteObjectStore.apply(this, given))
      const [name] = given
      if (name === undefined || connection?.journaled.delete(name) !== true) return
      asEngine(() => natives.database.deleteObjectStore.call(this, journalOf(name)))
    },
    ...guarded(context),
  })
  hideNames(derived, prototype)
  const version = accessorOf(prototype, "version")
  if (version !== undefined) {
    Object.defineProperty(derived, "version", {
      configurable: true,
      enumerable: true,
      get(this: IDBDatabase): number {
        return (version.get?.call(this) as number) - (connections.get(this)?.offset ?? 0)
      },
    })
  }
  return derived

  function open(database: IDBDatabase, args: Parameters<IDBDatabase["transaction"]>): IDBTransaction {
    return asEngine(() => natives.database.transaction.apply(database, args))
  }
}

export function deriveTransaction(context: CaptureContext): IDBTransaction {
  const { natives, recorders } = context
  const prototype = natives.realm.IDBTransaction.prototype
  const derived = derive<IDBTransaction>(prototype, {
    objectStore(this: IDBTransaction, ...args: [string]) {
      const given = isEmpty(args) || asksEngine() ? args : ([unhidden(args[0])] as [string])
      const store = natives.transaction.objectStore.apply(this, given)
      context.adopt(store)
      return store
    },
    commit(this: IDBTransaction) {
      recorders.get(this)?.commit()
      natives.transaction.commit.call(this)
    },
    ...guarded(context),
  })
  hideNames(derived, prototype)
  return derived
}

/** The journal of a store, from its beginning complete; in a version change. */
export function createJournal(context: CaptureContext, database: IDBDatabase, store: string): void {
  const { natives, own } = context
  const journal = asEngine(() =>
    natives.database.createObjectStore.call(database, journalOf(store), { autoIncrement: true }),
  )
  own.own(natives.store.add.call(journal, true, cleanKey))
}

/** A hidden name becomes one that the engine does not find. */
function unhidden(name: unknown): string {
  const text = webString(name)
  return isHidden(text) ? `${text}, which is reserved` : text
}

function namesOf(names: unknown): readonly string[] {
  if (typeof names === "object" && names !== null && Symbol.iterator in names) {
    return Array.from(names as Iterable<unknown>, (name) => unhidden(name))
  }
  return [unhidden(names)]
}

function journalsOf(names: readonly string[], journaled: ReadonlySet<string>): readonly string[] {
  return [...new Set(names)].filter((name) => journaled.has(name)).map(journalOf)
}

type Guarded = Pick<EventTarget, "addEventListener">

/** Our guard stands before the application's first listener. */
function guarded({ own, natives }: CaptureContext): Guarded {
  return {
    addEventListener(this: EventTarget, ...args: Parameters<EventTarget["addEventListener"]>) {
      own.guard(this)
      natives.listen.apply(this, args)
    },
  }
}

function hideNames(derived: IDBDatabase | IDBTransaction, prototype: object): void {
  const names = accessorOf(prototype, "objectStoreNames")
  if (names === undefined) return
  Object.defineProperty(derived, "objectStoreNames", {
    configurable: true,
    enumerable: true,
    get(this: object): DOMStringList {
      return visibleNames(names.get?.call(this) as DOMStringList)
    },
  })
}
