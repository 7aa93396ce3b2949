import {
  type ChangeFeed,
  drainedKey,
  endOfLog,
  type LogRecord,
  readLog,
  resultOf,
  sameClone,
  textOfKey,
} from "@millrace/indexeddb"
import type { Collection, RecordChange, Schema } from "@millrace/model"
import { signalDexie } from "./dexie-signal.ts"
import { attach, attachKey } from "./first-attach.ts"
import { RecentWriteBacks } from "./recent-write-backs.ts"
import { RowDrain } from "./row-drain.ts"
import { rowOfRecord } from "./row-values.ts"
import type { ShareEvent, ShareOptions, SharedDatabase } from "./share-options.ts"
import { type AttachMark, lifeOf, readMeta, sharedStores, type SharedStore, writeMeta } from "./stores-side.ts"
import { writeBack } from "./write-back.ts"

/** Root of the document in which each browser notes how far its rows are in: in one transaction with what they became. */
const positions = "$captured"
const logBatch = 100
const rowBatch = 500
const scanBatch = 1_000
const retryMs = 1_000
const refusedKey = "refused"
const noFields: ReadonlySet<string> = new Set()

/**
 * Makes a database of the application one with a workspace: what its code writes becomes edits of records, what others edit is
 * written into its rows. The application's code stays as it is.
 *
 * The tab that holds the lock carries; others take over when it goes. The first taking in waits until the workspace has caught up with the relay
 * once, and so do rows that an earlier session left: what it had sent already must not be written twice.
 */
export function shareDatabase<S extends Schema>(options: ShareOptions<S>): SharedDatabase {
  return new Carrier(options as unknown as ShareOptions)
}

class Carrier implements SharedDatabase {
  readonly #options: ShareOptions
  readonly #feed: ChangeFeed
  readonly #drain: RowDrain
  readonly #stop = new AbortController()
  readonly #unlisten: (() => void)[] = []
  /** Ids of records whose rows may differ, by store. */
  readonly #pending = new Map<string, Set<string>>()
  readonly #recent = new RecentWriteBacks()
  #refused: Record<string, readonly string[]> = {}
  #stores: readonly SharedStore[] = []
  #life: string | undefined
  #drained = 0
  #isDraining = false
  #leads = false
  #again = false
  #turn: Promise<void> | undefined

  constructor(options: ShareOptions) {
    this.#options = options
    const { capture, database, workspace } = options
    this.#feed = capture.feed(database)
    this.#drain = new RowDrain({
      collectionOf: (store) => this.#collection(store),
      upgrades: options.upgrades ?? "unless-edited",
      tell: (event) => this.#tell(event),
      recheck: (store, id) => this.#note(store.name, id),
      isStale: (...written) => this.#recent.isStale(...written),
      refused: (store, id, field, isRefused) => this.#noteRefused(store.name, id, field, isRefused),
    })
    void capture.tabs.lead(`millrace:share:${database}`, this.#stop.signal, () => this.#lead())
    void workspace
  }

  get leads(): boolean {
    return this.#leads
  }

  async settled(): Promise<void> {
    if (!this.#leads) return
    do {
      await this.#feed.flush()
      await this.#go()
    } while (!this.#stop.signal.aborted && [...this.#pending.values()].some(({ size }) => size > 0))
  }

  async compare(): Promise<number> {
    if (!this.#leads) return 0
    await this.settled()
    const database = await this.#feed.connection.get()
    if (database === undefined) return 0
    let found = 0
    for (const store of this.#stores) {
      await this.#scan(database, store, (id, row) => {
        if (this.#pending.get(store.name)?.has(id) === true || this.#isAlike(store, id, row)) return
        found += 1
        this.#edit(() => {
          if ("row" in row) this.#drain.takeFound(store, id, row.row, this.#options.capture.clock.nowMs())
          else this.#collection(store).delete(id)
        })
      })
    }
    await this.#options.workspace.transact(() => {}).stored
    return found
  }

  async close(): Promise<void> {
    this.#stop.abort()
    for (const stop of this.#unlisten.splice(0)) stop()
    await this.#turn?.catch(() => {})
  }

  async #lead(): Promise<void> {
    const { workspace } = this.#options
    await workspace.ready.catch(() => {})
    // What a tab before this one brought in is in the local copy, not yet in this document.
    await workspace.refresh()
    if (this.#stop.signal.aborted) return
    this.#leads = true
    this.#unlisten.push(
      workspace.records.onChange((changes) => this.#recordsChanged(changes)),
      this.#feed.onLogged(() => void this.#go().catch(() => {})),
      workspace.onStatus(() => {
        if (this.#life === undefined) void this.#go().catch(() => {})
      }),
    )
    void this.#go().catch(() => {})
    await new Promise<void>((resolve) => {
      if (this.#stop.signal.aborted) resolve()
      else this.#stop.signal.addEventListener("abort", () => resolve())
    })
    this.#leads = false
  }

  #go(): Promise<void> {
    this.#again = true
    this.#turn ??= this.#run().finally(() => (this.#turn = undefined))
    return this.#turn
  }

  async #run(): Promise<void> {
    while (this.#again && !this.#stop.signal.aborted) {
      this.#again = false
      const database = await this.#feed.connection.get()
      if (database === undefined) return
      try {
        if (!(await this.#meet(database))) return
        await this.#drainLog(database)
        await this.#writeAll(database)
      } catch (cause) {
        if (this.#stop.signal.aborted) return
        this.#feed.connection.drop()
        this.#tell({ kind: "fault", cause })
        this.#options.capture.clock.after(retryMs, () => void this.#go().catch(() => {}))
        throw cause
      }
    }
  }

  /** False while the workspace has not caught up and has to. */
  async #meet(database: IDBDatabase): Promise<boolean> {
    const { workspace, capture, stores } = this.#options
    const life = await lifeOf(database, capture.random)
    this.#stores = sharedStores(database, stores)
    const isNew = life !== this.#life
    const marks = await Promise.all(
      this.#stores.map(({ name }) => readMeta(database, attachKey(name)) as Promise<AttachMark | undefined>),
    )
    const fresh = this.#stores.filter(
      (_, index) => marks[index]?.done !== true || marks[index]?.workspace !== workspace.name,
    )
    if (!isNew && fresh.length === 0) return true
    const position = workspace.doc.getMap<number>(positions).get(life) ?? 0
    const end = await endOfLog(database)
    const mustCatchUp = fresh.length > 0 || end > position
    if (mustCatchUp && !workspace.status.caughtUp) return false
    if (isNew) {
      // Known again, after catching up: another session's last words may have come from the relay alone.
      this.#drained = workspace.doc.getMap<number>(positions).get(life) ?? 0
      this.#refused = ((await readMeta(database, refusedKey)) as Record<string, readonly string[]> | undefined) ?? {}
    }
    if (fresh.length === this.#stores.length && marks.every((mark) => mark === undefined)) {
      await this.#feed.flush()
      // What the log says of rows that are taken in whole is in them.
      this.#drained = await endOfLog(database)
    }
    for (const store of fresh) await this.#attach(database, store)
    this.#life = life
    if (isNew) for (const store of this.#stores) await this.#findDifferences(database, store)
    return true
  }

  async #attach(database: IDBDatabase, store: SharedStore): Promise<void> {
    const { workspace, capture } = this.#options
    await attach({
      database,
      store,
      workspace: workspace.name,
      collection: this.#collection(store),
      random: capture.random,
      nowMs: () => capture.clock.nowMs(),
      write: (work) => this.#stored(work),
      tell: (event) => this.#tell(event),
      isClosed: () => this.#stop.signal.aborted,
    })
    await this.#findDifferences(database, store)
  }

  /** At the beginning rows may be behind: every one is looked at. What is marked is left alone by the write itself. */
  async #findDifferences(database: IDBDatabase, store: SharedStore): Promise<void> {
    await this.#scan(database, store, (id, row) => {
      if (!this.#isAlike(store, id, row)) this.#note(store.name, id)
    })
  }

  async #scan(
    database: IDBDatabase,
    store: SharedStore,
    look: (id: string, row: { readonly row?: unknown }) => void,
  ): Promise<void> {
    const unseen = new Set(this.#collection(store).ids())
    let range: IDBKeyRange | null = null
    for (;;) {
      const rows: IDBObjectStore = database.transaction([store.name], "readonly").objectStore(store.name)
      const [keys, values] = await Promise.all([
        resultOf(rows.getAllKeys(range, scanBatch)),
        resultOf(rows.getAll(range, scanBatch)) as Promise<unknown[]>,
      ])
      for (const [index, key] of keys.entries()) {
        const id = textOfKey(key)
        unseen.delete(id)
        look(id, { row: values[index] })
      }
      const last = keys.at(-1)
      if (last === undefined || keys.length < scanBatch) break
      range = IDBKeyRange.lowerBound(last, true)
    }
    for (const id of unseen) look(id, {})
  }

  #isAlike(store: SharedStore, id: string, { row, ...rest }: { readonly row?: unknown }): boolean {
    void rest
    const record = this.#collection(store).get(id)
    if (record === undefined || row === undefined) return record === undefined && row === undefined
    return sameClone(row, rowOfRecord(record, id, store.keyPath, row, this.#stays(store.name, id)))
  }

  async #drainLog(database: IDBDatabase): Promise<void> {
    for (;;) {
      const { numbers, records } = await readLog(database, this.#drained, logBatch)
      const last = numbers.at(-1)
      if (last === undefined) return
      if (records.some(({ remote }) => !remote)) {
        await this.#stored(() => {
          for (const record of records) this.#takeRecord(record)
          this.#options.workspace.doc.getMap<number>(positions).set(this.#life ?? "", last)
        })
        await writeMeta(database, refusedKey, this.#refused)
      }
      this.#drained = last
      await writeMeta(database, drainedKey, last)
      await this.#lookThrough(database, records)
    }
  }

  #takeRecord(record: LogRecord): void {
    this.#recent.note(this.#stores, record)
    if (record.remote) return
    for (const change of record.changes) {
      const store = this.#stores.find(({ name }) => name === change.store)
      if (store !== undefined && change.op !== "reset") this.#drain.take(store, change, record)
    }
  }

  /** Stores of which only their having changed is known. */
  async #lookThrough(database: IDBDatabase, records: readonly LogRecord[]): Promise<void> {
    const names = new Set(
      records.flatMap(({ changes }) => changes.flatMap((each) => (each.op === "reset" ? each.store : []))),
    )
    for (const store of this.#stores.filter(({ name }) => names.has(name))) {
      await this.#scan(database, store, (id, row) => {
        if (this.#pending.get(store.name)?.has(id) === true || this.#isAlike(store, id, row)) return
        this.#edit(() => {
          if ("row" in row) this.#drain.takeFound(store, id, row.row, this.#options.capture.clock.nowMs())
          else this.#collection(store).delete(id)
        })
      })
    }
  }

  async #writeAll(database: IDBDatabase): Promise<void> {
    const { capture } = this.#options
    for (const store of this.#stores) {
      const pending = this.#pending.get(store.name) ?? new Set()
      while (!this.#stop.signal.aborted) {
        const ids = [...pending].slice(0, rowBatch)
        if (ids.length === 0) break
        for (const id of ids) pending.delete(id)
        const put = (left: readonly string[]): void => left.forEach((id) => pending.add(id))
        const written = await writeBack({
          database,
          store,
          ids,
          collection: this.#collection(store),
          drained: this.#drained,
          stays: (id) => this.#stays(store.name, id),
          nowMs: capture.clock.nowMs(),
          random: () => capture.random.float(),
          tell: (event) => this.#tell(event),
        }).catch((cause: unknown) => {
          put(ids)
          throw cause
        })
        const done = new Set(written.done)
        put(ids.filter((id) => !done.has(id)))
        if (written.number !== undefined) {
          this.#drained = written.number
          this.#recent.note(this.#stores, {
            tx: "",
            atMs: capture.clock.nowMs(),
            remote: true,
            changes: written.changes,
          })
          this.#feed.logged()
          signalDexie(this.#options.database, store, written.changes)
        }
        if (done.size < ids.length) {
          // Marked in between: swept and drained first.
          await this.#feed.flush()
          this.#again = true
          return
        }
      }
    }
  }

  #recordsChanged(changes: readonly RecordChange[]): void {
    if (this.#isDraining) return
    for (const { collection, id } of changes) {
      const store = this.#stores.find((each) => each.collection === collection)
      if (store !== undefined) this.#note(store.name, id)
    }
    void this.#go().catch(() => {})
  }

  #note(store: string, id: string): void {
    const ids = this.#pending.get(store)
    if (ids === undefined) this.#pending.set(store, new Set([id]))
    else ids.add(id)
  }

  #noteRefused(store: string, id: string, field: string, isRefused: boolean): void {
    const key = refusedName(store, id)
    const others = (this.#refused[key] ?? []).filter((each) => each !== field)
    if (isRefused) this.#refused[key] = [...others, field]
    else if (others.length > 0) this.#refused[key] = others
    else delete this.#refused[key]
  }

  #stays(store: string, id: string): ReadonlySet<string> {
    const fields = this.#refused[refusedName(store, id)]
    return fields === undefined ? noFields : new Set(fields)
  }

  async #stored(work: () => void): Promise<void> {
    const { workspace } = this.#options
    await this.#edit(() => workspace.transact(work)).stored
  }

  #edit<T>(work: () => T): T {
    this.#isDraining = true
    try {
      return work()
    } finally {
      this.#isDraining = false
    }
  }

  #collection({ collection }: SharedStore): Collection {
    return this.#options.workspace.records.collection<string>(collection) as unknown as Collection
  }

  #tell(event: ShareEvent): void {
    this.#options.onEvent?.(event)
  }
}

function refusedName(store: string, id: string): string {
  return `${store}/${id}`
}
