import { type Clock, MillraceError, type Random, randomId, systemClock, systemRandom } from "@millrace/ports"
import { browserTabs } from "../browser-tabs.ts"
import { processTabs, type Tabs } from "../mirror/tabs.ts"
import type { CaptureContext, Connection } from "./capture-context.ts"
import type { CaptureEvent, CaptureOptions } from "./capture-options.ts"
import { ChangeFeed } from "./change-feed.ts"
import type { ChangeListener, ChangesOptions } from "./changes.ts"
import { createJournal, deriveDatabase, deriveTransaction } from "./derived-database.ts"
import { derive, deriveCursor, deriveIndex, deriveStore } from "./derived-store.ts"
import { isHidden, journalOf, logStore, metaStore } from "./journal.ts"
import { asEngine, hideOwnNames, webString } from "./name-list.ts"
import { type IndexedDBRealm, Natives } from "./natives.ts"
import { OwnRequests } from "./own-requests.ts"
import { RoomKeeper } from "./room-keeper.ts"
import { TransactionRecorder } from "./transaction-recorder.ts"

/**
 * Marks every write that unmodified code makes to chosen IndexedDB databases, within that code's own transactions.
 *
 * Order: construct; `install` for code that reads the global `indexedDB`, or hand `factory()` to code that takes one, before that
 * code opens its database; `changes` at any time; `uninstall`. Only databases opened after that, in this realm, are captured: workers and frames install
 * their own. Identities, results, events and errors of the application stay the engine's.
 */
export class Capture {
  /** @internal */
  readonly natives: Natives
  /** @internal The engine's own factory. */
  readonly engine: IDBFactory
  /** @internal */
  readonly tabs: Tabs
  /** @internal */
  readonly clock: Clock
  /** @internal */
  readonly random: Random
  readonly #options: CaptureOptions
  readonly #context: CaptureContext
  readonly #derived = new Map<object, object>()
  readonly #factory: IDBFactory
  readonly #feeds = new Map<string, ChangeFeed>()
  readonly #rooms: RoomKeeper
  readonly #session: string
  #transactions = 0
  #installed: IDBFactory | undefined
  #facade: IDBFactory | undefined

  /** @throws MillraceError `unsupported` where there is no IndexedDB. */
  constructor(options: CaptureOptions) {
    const host = globalThis as unknown as Partial<IndexedDBRealm> & { readonly indexedDB?: IDBFactory }
    const engine = options.indexedDB ?? host.indexedDB
    if (engine === undefined) {
      throw new MillraceError("There is no IndexedDB here to capture: pass one as `indexedDB`.", {
        kind: "unsupported",
      })
    }
    this.#options = options
    this.engine = engine
    this.clock = options.clock ?? systemClock
    this.random = options.random ?? systemRandom
    this.tabs = options.tabs ?? browserTabs() ?? processTabs(engine)
    this.natives = new Natives(options.realm ?? (host as IndexedDBRealm))
    this.#session = randomId(this.random, 10)
    this.#rooms = new RoomKeeper((event) => this.tell(event))
    this.#context = {
      natives: this.natives,
      own: new OwnRequests(this.natives.listen),
      images: options.images ?? true,
      clock: this.clock,
      connections: new WeakMap(),
      recorders: new WeakMap(),
      record: (transaction, connection, upgrade) => this.#record(transaction, connection, upgrade),
      adopt: (object) => this.#adopt(object),
    }
    const { realm } = this.natives
    this.#derived
      .set(realm.IDBDatabase.prototype, deriveDatabase(this.#context))
      .set(realm.IDBTransaction.prototype, deriveTransaction(this.#context))
      .set(realm.IDBObjectStore.prototype, deriveStore(this.#context))
      .set(realm.IDBIndex.prototype, deriveIndex(this.#context))
      .set(realm.IDBCursorWithValue.prototype, deriveCursor(this.#context))
    this.#factory = this.#deriveFactory()
  }

  /** Captures what opens its databases through the global `indexedDB`; idempotent. */
  install(): void {
    if (this.#installed !== undefined) return
    this.#installed = this.engine
    Object.setPrototypeOf(this.engine, this.#factory)
  }

  /** Puts the global `indexedDB` back; databases that are open stay captured until they are closed. Idempotent. */
  uninstall(): void {
    if (this.#installed === undefined) return
    Object.setPrototypeOf(this.#installed, this.natives.realm.IDBFactory.prototype)
    this.#installed = undefined
  }

  /** An `indexedDB` for code that takes one, such as Dexie's option of that name; works without `install`. */
  factory(): IDBFactory {
    this.#facade ??= Object.create(this.#factory) as IDBFactory
    return this.#facade
  }

  /**
   * Follows the captured stores of a database: every change that any tab made, in the order of commits, with before and after.
   *
   * @throws MillraceError `invalid` for a database that is not among those chosen.
   */
  changes(
    database: string | Pick<IDBDatabase, "name">,
    listener: ChangeListener,
    options?: ChangesOptions,
  ): () => void {
    const name = typeof database === "string" ? database : database.name
    return this.feed(name).listen(listener, options)
  }

  /** @internal The one feed of a database in this realm. */
  feed(name: string): ChangeFeed {
    if (!this.#isChosen(name)) {
      throw new MillraceError(`The database "${name}" is not captured: name it in \`databases\`.`, { kind: "invalid" })
    }
    let feed = this.#feeds.get(name)
    if (feed === undefined) this.#feeds.set(name, (feed = new ChangeFeed(this, name)))
    return feed
  }

  /** @internal */
  tell(event: CaptureEvent): void {
    this.#options.onEvent?.(event)
  }

  #isChosen(name: string): boolean {
    const { databases } = this.#options
    return typeof databases === "function" ? databases(name) : databases.includes(name)
  }

  #deriveFactory(): IDBFactory {
    const { natives, engine } = this
    const real = (given: unknown): IDBFactory => (given === this.#facade ? engine : (given as IDBFactory))
    const open = (factory: IDBFactory, args: readonly unknown[]): IDBOpenDBRequest => this.#open(factory, args)
    return derive<IDBFactory>(natives.realm.IDBFactory.prototype, {
      open(this: unknown, ...args: [string, number?]) {
        return open(real(this), args)
      },
      deleteDatabase(this: unknown, ...args: [string]) {
        return natives.factory.deleteDatabase.apply(real(this), args)
      },
      databases(this: unknown) {
        return natives.factory.databases.call(real(this))
      },
      cmp(this: unknown, ...args: [unknown, unknown]) {
        return natives.factory.cmp.apply(real(this), args)
      },
    })
  }

  #open(factory: IDBFactory, args: readonly unknown[]): IDBOpenDBRequest {
    const { open } = this.natives.factory
    if (args.length === 0) return open.apply(factory, args as [string])
    const name = webString(args[0])
    const request = open.apply(factory, [name, ...(args.slice(1) as [number?])])
    if (this.#isChosen(name) && !isHidden(name)) this.#watch(request, name)
    return request
  }

  /** Our listeners come first, because nobody else has the request yet. */
  #watch(request: IDBOpenDBRequest, name: string): void {
    this.natives.listen.call(request, "upgradeneeded", (event) => {
      const { oldVersion, newVersion } = event as IDBVersionChangeEvent
      this.#upgrade(request, name, { from: oldVersion, to: newVersion ?? 0 })
    })
    this.natives.listen.call(request, "success", () => {
      const database = request.result
      if (this.#context.connections.has(database)) this.#opened(name)
      else this.#meet(database, name)
    })
  }

  #upgrade(request: IDBOpenDBRequest, name: string, upgrade: { from: number; to: number }): void {
    const { result: database, transaction } = request
    if (transaction === null) return
    const names = Array.from(database.objectStoreNames)
    const { createObjectStore } = this.natives.database
    asEngine(() => {
      if (!names.includes(metaStore)) createObjectStore.call(database, metaStore)
      if (!names.includes(logStore)) createObjectStore.call(database, logStore, { autoIncrement: true })
    })
    const stores = names.filter((each) => !isHidden(each))
    for (const store of stores) if (!names.includes(journalOf(store))) createJournal(this.#context, database, store)
    const connection: Connection = { database: name, journaled: new Set(stores), offset: 0 }
    this.#adoptDatabase(database, connection)
    this.#record(transaction, connection, upgrade)
  }

  /** A database that exists and asks for no upgrade. */
  #meet(database: IDBDatabase, name: string): void {
    const names = Array.from(database.objectStoreNames)
    if (!names.includes(metaStore)) {
      this.tell({ kind: "waiting", database: name })
      return
    }
    const journaled = names.filter((each) => names.includes(journalOf(each)))
    this.#adoptDatabase(database, { database: name, journaled: new Set(journaled), offset: 0 })
    this.#opened(name)
  }

  #opened(name: string): void {
    this.#rooms.look(name)
    this.#feeds.get(name)?.opened()
  }

  #adoptDatabase(database: IDBDatabase, connection: Connection): void {
    this.#context.connections.set(database, connection)
    this.#adopt(database)
    hideOwnNames(database)
  }

  #adopt(object: object): void {
    const derived = this.#derived.get(Object.getPrototypeOf(object) as object)
    if (derived !== undefined) Object.setPrototypeOf(object, derived)
  }

  #record(transaction: IDBTransaction, connection: Connection, upgrade?: { from: number; to: number }): void {
    const { database, journaled } = connection
    this.#adopt(transaction)
    hideOwnNames(transaction)
    this.#transactions += 1
    const recorder = new TransactionRecorder({
      natives: this.natives,
      own: this.#context.own,
      transaction,
      id: `${this.#session}-${this.#transactions}`,
      nowMs: () => this.clock.nowMs(),
      images: this.#context.images,
      room: this.#rooms.of(database),
      upgrade,
      hasJournal: (store) => journaled.has(store),
    })
    this.#context.recorders.set(transaction, recorder)
    this.natives.listen.call(transaction, "complete", () => {
      if (!recorder.wrote) return
      this.#rooms.completed(database, recorder.grew)
      this.#marked(database)
    })
    this.natives.listen.call(transaction, "abort", () => {
      if (recorder.wrote) this.#rooms.aborted(database, transaction.error)
    })
  }

  /** Something waits in a journal: whoever leads this database's tabs looks. */
  #marked(database: string): void {
    const feed = this.#feeds.get(database)
    if (feed === undefined) ChangeFeed.poke(this, database)
    else feed.marked()
  }
}
