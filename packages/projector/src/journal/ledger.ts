import { asMillraceError, type Clock, type Log, MillraceError, type Random, randomId } from "@millrace/ports"
import type { NewEntry, Store } from "@millrace/store"
import type { Changed, PlacedEntry, View } from "../view/view.ts"
import { digestOf } from "../view/view.ts"
import { loadSnapshot } from "./checkpoint.ts"
import { decodeEntry, encodeEntry, type JournalEntry } from "./entry.ts"
import { maxEntryBytes } from "./split.ts"

export interface LedgerOptions {
  readonly store: Store
  /** Stream of the partition's journal. */
  readonly stream: string
  readonly view: View
  /** Version of the canonical form of records, noted in a new journal. */
  readonly canonicalForm: number
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** Another projector writes the journal: this one can do nothing more. Called once. */
  readonly onFenced?: (error: MillraceError) => void
  /** Who took the journal over, by which lease; it goes into the journal before anything else. */
  readonly took?: { readonly worker: string; readonly token: number }
}

interface Waiting {
  readonly entry: JournalEntry
  readonly payload: Uint8Array
  /** Set on the last entry of a commit. */
  readonly resolve: (() => void) | undefined
  readonly reject: (error: MillraceError) => void
}

// Entries of many workspaces share one append, and so one flush.
const maxAppendEntries = 64

/**
 * The journal with its view: every step of the projector's state goes through `commit`.
 *
 * Appends are fenced by the seq that the view stands for: a second projector on the same journal makes one of both
 * fail with kind `conflict` for good, and neither can overwrite what the other did.
 */
export class Ledger {
  readonly view: View
  readonly #options: LedgerOptions
  readonly #worker: string
  readonly #listeners = new Set<(changed: Changed) => void>()
  readonly #queue: Waiting[] = []
  #pumping: Promise<void> | undefined
  #failure: MillraceError | undefined
  #fenced = false
  #snapshotSeq = 0
  #closed = false
  #behind = false

  private constructor(options: LedgerOptions) {
    this.#options = options
    this.view = options.view
    this.#worker = `projector-${randomId(options.random, 12)}`
  }

  /** Opens the journal, gives birth to an empty one, and brings the view to its head. */
  static async open(options: LedgerOptions): Promise<Ledger> {
    const ledger = new Ledger(options)
    await ledger.#dropForeignView()
    // What stands before it was dropped from the journal.
    const trimmed = await options.store.trimmed(options.stream)
    if (ledger.view.applied.seq < trimmed && !(await loadSnapshot(options.store, options.stream, ledger.view))) {
      throw new MillraceError("The journal's beginning is gone and it has no snapshot. Restore it from a copy.", {
        kind: "corrupt",
      })
    }
    ledger.#snapshotSeq = trimmed === 0 ? 0 : trimmed + 1
    await ledger.#replay(() => true)
    if (ledger.view.applied.seq === 0) {
      const journalId = randomId(options.random, 20)
      await ledger.commit([{ kind: "born", journalId, canonicalForm: options.canonicalForm }])
    }
    const { canonicalForm } = ledger.view.applied
    if (canonicalForm > options.canonicalForm) {
      throw new MillraceError(
        `The journal's hashes are of canonical form ${canonicalForm}, this program makes form ${options.canonicalForm}: run the newer program, or every record would look changed.`,
        { kind: "unsupported" },
      )
    }
    if (options.took !== undefined) {
      await ledger.commit([{ kind: "took", ...options.took, timeMs: options.clock.nowMs() }])
    }
    if (canonicalForm < options.canonicalForm) {
      await ledger.commit([{ kind: "form", canonicalForm: options.canonicalForm }])
    }
    return ledger
  }

  /** Entries up to this one have a snapshot in their place; 0 for none. */
  get snapshotSeq(): number {
    return this.#snapshotSeq
  }

  get journalId(): string {
    return this.view.applied.journalId
  }

  /** What the last append failed with, until one succeeds. */
  get failure(): MillraceError | undefined {
    return this.#failure
  }

  /** True for good once another projector was found to write this journal. */
  get fenced(): boolean {
    return this.#fenced
  }

  /**
   * Appends the entries in order and applies them; resolves when they are durable and the view shows them.
   *
   * When it rejects, a first part of them, or all, may be there nevertheless; the view then shows them at the latest
   * after the next commit. Entries are made so that deriving or answering again from the view is right in every case.
   */
  commit(entries: readonly JournalEntry[]): Promise<void> {
    if (this.#closed) return Promise.reject(closed())
    if (entries.length === 0) return Promise.resolve()
    return new Promise((resolve, reject) => {
      entries.forEach((entry, at) => {
        const last = at === entries.length - 1
        this.#queue.push({ entry, payload: encodeEntry(entry), resolve: last ? resolve : undefined, reject })
      })
      this.#pumping ??= this.#pump()
    })
  }

  /** Hears after each application which workspaces and exceptions changed. */
  onApplied(listener: (changed: Changed) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** Finishes what was committed; later commits reject with kind `closed`. Closes neither store nor view. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#pumping
  }

  async #pump(): Promise<void> {
    // One turn, so that commits made in the same moment share an append.
    await Promise.resolve()
    while (this.#queue.length > 0) {
      const group = this.#take()
      try {
        if (this.#fenced) throw conflict()
        if (this.#behind) await this.#recover()
        await this.#append(group)
      } catch (thrown) {
        this.#refuse(group, asMillraceError(thrown, "storage", { afterMs: 1_000 }))
      }
    }
    // In the same turn as the last look at the queue: whoever commits after it starts anew.
    this.#pumping = undefined
  }

  #take(): readonly Waiting[] {
    let bytes = 0
    let count = 0
    for (const { payload } of this.#queue) {
      if (count > 0 && (bytes + payload.length > maxEntryBytes || count >= maxAppendEntries)) break
      bytes += payload.length
      count++
    }
    return this.#queue.splice(0, count)
  }

  async #append(group: readonly Waiting[]): Promise<void> {
    const { store, stream, clock } = this.#options
    const expected = this.view.applied.seq
    const timeMs = clock.nowMs()
    const entries: NewEntry[] = group.map(({ payload }) => ({ payload, generation: 1, author: this.#worker, timeMs }))
    // Whatever happens from here on, the journal may be ahead of the view until both are compared again.
    this.#behind = true
    await store.append(stream, entries, expected)
    this.#apply(group.map(({ entry, payload }, at) => ({ seq: expected + at + 1, entry, payload })))
    this.#behind = false
    this.#failure = undefined
    for (const { resolve } of group) resolve?.()
  }

  #refuse(group: readonly Waiting[], error: MillraceError): void {
    this.#failure = error
    this.#options.log.error("journal append failed", { kind: error.kind, detail: error.message })
    const refused = new Set(group.map(({ reject }) => reject))
    // The rest of a commit must not follow when its first part did not.
    const rest = this.#queue.filter(({ reject }) => refused.has(reject))
    for (const waiting of rest) this.#queue.splice(this.#queue.indexOf(waiting), 1)
    for (const reject of refused) reject(error)
  }

  /** After an append of unknown outcome: takes over what this worker wrote, and stops where another one did. */
  async #recover(): Promise<void> {
    await this.#replay((author) => author === this.#worker)
    this.#behind = false
  }

  async #replay(mine: (author: string) => boolean): Promise<void> {
    const { store, stream } = this.#options
    let group: PlacedEntry[] = []
    let bytes = 0
    for await (const { seq, payload, author } of store.read(stream, this.view.applied.seq)) {
      if (!mine(author)) {
        throw this.#fence()
      }
      group.push({ seq, payload, entry: decodeEntry(payload) })
      bytes += payload.length
      if (bytes < 2 * maxEntryBytes) continue
      this.#apply(group)
      group = []
      bytes = 0
    }
    this.#apply(group)
  }

  #apply(entries: readonly PlacedEntry[]): void {
    if (entries.length === 0) return
    const changed = this.view.apply(entries)
    for (const listener of this.#listeners) listener(changed)
  }

  #fence(): MillraceError {
    const error = conflict()
    this.#fenced = true
    this.#options.onFenced?.(error)
    return error
  }

  /** A view that is ahead of the journal, or of another one, is emptied. */
  async #dropForeignView(): Promise<void> {
    const { store, stream, log } = this.#options
    const { seq, digest } = this.view.applied
    if (seq === 0) return
    const isTrimmed = seq <= (await store.trimmed(stream))
    for await (const entry of isTrimmed ? [] : store.read(stream, seq - 1)) {
      if (entry.seq === seq && digestOf(entry.payload) === digest) return
      break
    }
    log.warn("view does not belong to the journal and is rebuilt", { seq })
    this.view.clear()
  }
}

function conflict(): MillraceError {
  return new MillraceError(
    "Another projector writes this journal: stop one of them; each data folder takes one projector.",
    { kind: "conflict" },
  )
}

function closed(): MillraceError {
  return new MillraceError("The projector is closed.", { kind: "closed" })
}
