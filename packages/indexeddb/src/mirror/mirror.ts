import { asMillraceError, MillraceError, type Timer } from "@millrace/ports"
import type { Transaction } from "yjs"
import { deferred } from "../deferred.ts"
import { addKeys } from "../key-ranges.ts"
import { faultOfAbort, StorageFault } from "../storage-fault.ts"
import { ChangesReader } from "./changes-reader.ts"
import { DirtyRecords } from "./dirty-records.ts"
import type { MirrorEvent, MirrorProgress, MirrorStatus, UniqueViolation } from "./mirror-api.ts"
import { MirrorConnection } from "./mirror-connection.ts"
import { positionIn } from "./mirror-database.ts"
import { defaultMirrorLimits, type MirrorOptions } from "./mirror-options.ts"
import { MirrorPump } from "./mirror-pump.ts"
import { type Claim, type MirrorPosition, reflects } from "./mirror-position.ts"
import { type MirrorStateEvent, nextMirrorState } from "./mirror-state.ts"
import { storesOf } from "./mirror-stores.ts"
import type { TabChannel } from "./tabs.ts"
import { uniqueViolations } from "./unique-violations.ts"

const firstRetryMs = 1_000
const maxRetryMs = 60_000
/** A lost message of another tab costs this much. */
const lookAgainMs = 1_000
/** A database or a local copy that does not answer is not waited for longer. */
const maxClosingMs = 2_000

/**
 * The collections of a schema as object stores that follow the records.
 *
 * Order: construct, which begins to note changed records; `expect` what the database said; `boundary` between stored rows that the stores
 * reflect and those that they do not; `start` once the local copy is loaded; `stored` whenever rows were; `close`. One tab of a browser
 * writes: it reads what others stored, and writes only what is stored, so that the stores never show what a crash could take back. It stands
 * in nobody's way: what fails is told, tried again, and mended by comparing all rows.
 */
export class Mirror {
  readonly #options: MirrorOptions
  readonly #connection: MirrorConnection
  readonly #dirty: DirtyRecords
  readonly #pump: MirrorPump
  readonly #readers = new Set<ChangesReader>()
  readonly #listeners = new Set<(status: MirrorStatus) => void>()
  readonly #waiters = new Set<() => void>()
  readonly #expected = deferred<number>()
  readonly #ending = new AbortController()
  #status: MirrorStatus = { state: "opening", writes: false, progress: undefined, lastError: undefined }
  #channel: TabChannel | undefined
  #claim: Claim = { incarnation: "", keys: [] }
  #position: MirrorPosition | undefined
  #loading = true
  #readsRows = false
  #leading: Promise<void> | undefined
  #wake: (() => void) | undefined
  #hurry: (() => void) | undefined
  #retry: Timer | undefined
  #attempt = 0

  /** @throws MillraceError `invalid` where the schema has an index that IndexedDB cannot have. */
  constructor(options: MirrorOptions) {
    this.#options = options
    const { name, indexedDB, records, updates, log } = options
    const limits = { ...defaultMirrorLimits, ...options.limits }
    const stores = storesOf(records.schema)
    this.#dirty = new DirtyRecords(limits.changedRecords)
    this.#connection = new MirrorConnection({
      indexedDB,
      name,
      stores,
      onFault: (fault) => {
        options.onFault(fault)
        if (fault.fault === "superseded" || fault.fault === "deleted") this.#step("supersede", fault)
      },
      onOpen: ({ position }) => this.#moved(position),
      onLost: () => this.#lost(),
    })
    this.#pump = new MirrorPump({
      stores,
      limits,
      records,
      updates,
      dirty: this.#dirty,
      database: () => this.#connection.own(),
      claim: () => ({ ...this.#claim, ...log() }),
      onProgress: (progress) => this.#tell({ ...this.#status, progress }),
    })
    records.doc.on("afterTransaction", this.#note)
  }

  get status(): MirrorStatus {
    return this.#status
  }

  onStatus(listener: (status: MirrorStatus) => void): () => void {
    const own = (status: MirrorStatus): void => listener(status)
    this.#listeners.add(own)
    return () => void this.#listeners.delete(own)
  }

  /** What the stores stood for before the local copy was loaded. */
  expect(position: MirrorPosition | undefined): void {
    this.#pump.expect(position)
    this.#expected.resolve(position?.journal ?? 0)
  }

  /** The rows of the local copy from here on are not in the stores. */
  readonly boundary = (): void => {
    this.#loading = false
  }

  /** The local copy is loaded, or refuses: `known` tells whether all that it holds was noted. */
  start(known: boolean): void {
    this.#loading = false
    this.#expected.resolve(0)
    if (!known) this.#dirty.addAll()
    this.#channel ??= this.#options.tabs.channel(this.#options.name, (message) => this.#hear(message))
    // What a tab that is gone has stored, perhaps only this one has read.
    this.#channel.post({ kind: "stored" })
    // A tab that waits for its turn to write learns from the database how things stand.
    this.#connection.own().catch((thrown: unknown) => this.#failed(thrown))
    this.#lead()
  }

  /** The local update store has these keys, and their touches were noted. */
  stored({ incarnation, keys }: Claim): void {
    const isSame = incarnation === this.#claim.incarnation
    this.#claim = { incarnation, keys: isSame ? addKeys(this.#claim.keys, keys) : keys }
    if (keys[0]?.[0] === 0) this.#readsRows = false
    this.#channel?.post({ kind: "stored" })
    this.#wake?.()
  }

  /**
   * A connection that the application reads with; every way to write through it throws `unsupported`. The same one until another page
   * changes the stores: ask for it at each use instead of keeping it.
   */
  async database(): Promise<IDBDatabase> {
    if (this.#status.state === "superseded" || this.#status.state === "closed") throw this.#refusal()
    return await this.#connection.reading()
  }

  /**
   * Follows what changes in the stores, from any tab, in the order of commits: at least all that is committed from now on, or all after
   * the entry number `after`. Several steps of a record in quick succession may come as one.
   */
  onChanges(listener: (events: readonly MirrorEvent[]) => void, options: { readonly after?: number } = {}): () => void {
    const { after = this.#position?.journal } = options
    const reader = new ChangesReader({
      database: () => this.#connection.own(),
      after: after === undefined ? this.#expected.promise : Promise.resolve(after),
      listener,
      onFault: (thrown) => this.#options.onFault(asMillraceError(thrown, "storage")),
    })
    this.#readers.add(reader)
    return () => {
      reader.stop()
      this.#readers.delete(reader)
    }
  }

  /** Resolves when the stores show everything that this tab's document has now. Rejects as `stored` does, and when closed. */
  async settled(): Promise<void> {
    await this.#options.updates.stored()
    const claim = this.#claim
    await this.#until(() => this.#position !== undefined && reflects(this.#position, claim))
  }

  /** Records that share a key of an index that says `unique`, at most `limit` keys. */
  async violations(collection: string, index: string, limit = 100): Promise<readonly UniqueViolation[]> {
    return await uniqueViolations(this.#options.indexedDB, await this.#connection.own(), collection, index, limit)
  }

  /** Compares all rows with the records, and takes the stores back from a page with another schema. Resolves when done. */
  async rebuild(): Promise<void> {
    if (this.#status.state === "closed") throw this.#refusal()
    this.#connection.takeOver()
    this.#step("reopen")
    const { rebuilds } = (await positionIn(await this.#connection.own())) ?? { rebuilds: 0 }
    if (this.#status.writes) this.#dirty.addAll()
    else this.#channel?.post({ kind: "rebuild" })
    this.#lead()
    this.#wake?.()
    this.#hurry?.()
    await this.#until(
      () => this.#position !== undefined && this.#position.rebuild === null && this.#position.rebuilds > rebuilds,
    )
  }

  /** Writes what is due, as long as that succeeds, and lets go. Idempotent. */
  async close(): Promise<void> {
    this.#ending.abort()
    this.#wake?.()
    await this.#atMost(maxClosingMs, this.#leading)
    // Not before: what the last batch claims must have been noted.
    this.#options.records.doc.off("afterTransaction", this.#note)
    for (const reader of this.#readers) reader.stop()
    this.#readers.clear()
    this.#retry?.cancel()
    this.#channel?.close()
    this.#connection.close()
    this.#step("close")
    for (const waiter of this.#waiters) waiter()
    this.#listeners.clear()
  }

  readonly #note = (transaction: Transaction): void => {
    if (this.#loading && this.#options.updates.isOwnOrigin(transaction.origin)) return
    // Their keys are told when all rows are read: until then the claim does not speak for them.
    if (this.#options.updates.isOwnOrigin(transaction.origin)) this.#readsRows = true
    const { size, all } = this.#dirty
    for (const name of this.#options.records.touchedIn(transaction)) this.#dirty.add(name)
    if (this.#dirty.size !== size || this.#dirty.all !== all) this.#wake?.()
  }

  #lead(): void {
    if (this.#leading !== undefined || this.#channel === undefined) return
    const { tabs, name } = this.#options
    this.#leading = tabs
      .lead(`${name} mirror`, this.#ending.signal, () => this.#write())
      .catch((thrown: unknown) => this.#options.onFault(asMillraceError(thrown, "unsupported")))
      .finally(() => (this.#leading = undefined))
  }

  /** The work of the tab whose turn it is. */
  async #write(): Promise<void> {
    this.#tell({ ...this.#status, writes: true })
    this.#pump.begin()
    while (this.#status.state !== "superseded") {
      try {
        const position = await this.#pump.step(this.#ending.signal.aborted)
        this.#attempt = 0
        if (position !== undefined) {
          this.#moved(position)
          this.#channel?.post({ kind: "mirrored", position })
          continue
        }
        if (this.#ending.signal.aborted) break
        await this.#untilWoken()
      } catch (thrown) {
        this.#failed(thrown)
        if (this.#ending.signal.aborted) break
        await this.#pause()
      }
    }
    this.#tell({ ...this.#status, writes: false })
  }

  #untilWoken(): Promise<void> {
    if (!this.#pump.isIdle) return Promise.resolve()
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined
        resolve()
      }
    })
  }

  /** Resolves after the pause that follows a failure, or when somebody asks for a rebuild. */
  #pause(): Promise<void> {
    const delayMs = Math.min(maxRetryMs, firstRetryMs * 2 ** Math.min(this.#attempt, 10))
    this.#attempt += 1
    return new Promise((resolve) => {
      const done = (): void => {
        timer.cancel()
        this.#ending.signal.removeEventListener("abort", done)
        this.#hurry = undefined
        resolve()
      }
      const timer = this.#options.clock.after(delayMs, done)
      this.#hurry = done
      this.#ending.signal.addEventListener("abort", done)
    })
  }

  async #atMost(timeoutMs: number, work: Promise<void> | undefined): Promise<void> {
    if (work === undefined) return
    let timer: Timer | undefined
    const late = new Promise<void>((resolve) => (timer = this.#options.clock.after(timeoutMs, resolve)))
    await Promise.race([work, late])
    timer?.cancel()
  }

  #hear(message: unknown): void {
    const { kind, position } = message as { readonly kind?: string; readonly position?: MirrorPosition }
    if (kind === "mirrored" && position !== undefined) this.#moved(position)
    if (kind === "stored") this.#pump.look()
    if (kind === "rebuild" && this.#status.writes) this.#dirty.addAll()
    this.#wake?.()
  }

  #moved(position: MirrorPosition): void {
    this.#position = position
    // Whoever writes next need not look at what is written.
    const isClaimed = !this.#readsRows && !this.#options.updates.isBehind
    if (!this.#status.writes && isClaimed && reflects(position, this.#claim)) this.#dirty.clear()
    this.#step(position.rebuild === null ? "built" : "build")
    for (const reader of this.#readers) reader.look()
    for (const waiter of this.#waiters) waiter()
  }

  #lost(): void {
    this.#position = undefined
    this.#pump.forget()
    if (this.#status.state === "superseded" || this.#status.state === "closed") return
    this.#step("reopen")
    this.#connection.own().catch((thrown: unknown) => this.#failed(thrown))
    this.#wake?.()
  }

  #failed(thrown: unknown): void {
    if (this.#status.state === "closed" || this.#ending.signal.aborted) return
    const fault = thrown instanceof MillraceError ? thrown : faultOfAbort(this.#options.name, thrown)
    this.#connection.drop()
    this.#position = undefined
    this.#pump.forget()
    const isSuperseded = fault instanceof StorageFault && (fault.fault === "superseded" || fault.fault === "deleted")
    // What failed in the local copy was told by it.
    const isOurs = !(fault instanceof StorageFault) || fault.database === this.#options.name
    if (isOurs && this.#status.state !== "superseded") this.#options.onFault(fault)
    this.#step(isSuperseded ? "supersede" : "fail", fault)
    if (!this.#status.writes && !isSuperseded) {
      this.#retry?.cancel()
      this.#retry = this.#options.clock.after(maxRetryMs, () => void this.#lookAgain())
    }
  }

  #refusal(): MillraceError {
    if (this.#status.state === "superseded") return new StorageFault("superseded", this.#options.name)
    return new MillraceError("The workspace was closed.", { kind: "closed" })
  }

  async #until(isSo: () => boolean): Promise<void> {
    const { clock } = this.#options
    while (!isSo()) {
      if (this.#status.state === "superseded" || this.#status.state === "closed") throw this.#refusal()
      await new Promise<void>((resolve) => {
        const done = (): void => {
          this.#waiters.delete(done)
          timer.cancel()
          resolve()
        }
        const timer = clock.after(lookAgainMs, () => void this.#lookAgain().finally(done))
        this.#waiters.add(done)
      })
    }
  }

  async #lookAgain(): Promise<void> {
    this.#channel?.post({ kind: "stored" })
    try {
      const position = await positionIn(await this.#connection.own())
      if (position !== undefined && !this.#status.writes) this.#moved(position)
    } catch {
      // Looked at again.
    }
  }

  #step(event: MirrorStateEvent, error?: MillraceError): void {
    const state = nextMirrorState(this.#status.state, event)
    const progress: MirrorProgress | undefined = state === "building" ? this.#status.progress : undefined
    const lastError = error ?? (state === "current" ? undefined : this.#status.lastError)
    this.#tell({ ...this.#status, state, progress, lastError })
    if (state === "superseded") this.#wake?.()
  }

  #tell(status: MirrorStatus): void {
    const { state, writes, progress, lastError } = this.#status
    if (
      state === status.state &&
      writes === status.writes &&
      progress === status.progress &&
      lastError === status.lastError
    )
      return
    this.#status = status
    for (const listener of this.#listeners) {
      try {
        listener(status)
      } catch (thrown) {
        this.#options.onFault(asMillraceError(thrown, "bug"))
      }
    }
  }
}
