import type { Closable, LogEntry } from "@millrace/client/node"
import { classOfClient, resolutionsOf, type Schema } from "@millrace/model"
import { asMillraceError, type Clock, type Log, MillraceError, sleep, type Timer, type Spans } from "@millrace/ports"
import * as Y from "yjs"
import type { Derived, DerivedRecord } from "../journal/entry.ts"
import type { Ledger } from "../journal/ledger.ts"
import { splitDerived } from "../journal/split.ts"
import type { Landed } from "../journal/two-way-entries.ts"
import type { RelayPort } from "../relay-port.ts"
import { dependencyRanks } from "./dependency-ranks.ts"
import { isEmpty, lookAt, noFindings } from "./derive.ts"
import { deriveSpans } from "./derive-spans.ts"
import { type MergedRecords, openMergedRecords } from "./merged-records.ts"
import { type Touch, type TouchedRecord, TouchedRecords } from "./touch.ts"

/**
 * - `loading` the log is read up to where the journal stands, then up to its end
 * - `following` changes are derived as entries come
 * - `waiting` the document misses entries that others build on; nothing is derived until they come
 * - `restored` the relay's log is shorter than what was already derived from it; nothing is derived or sent
 * - `stopped` following ended with an error; it is tried again
 */
export type FollowerState = "loading" | "following" | "waiting" | "restored" | "stopped"

export interface FollowerOptions {
  readonly workspace: string
  readonly generation: number
  readonly relay: RelayPort
  readonly ledger: Ledger
  readonly schema: Schema
  readonly deriveDelayMs: number
  readonly clock: Clock
  readonly log: Log
  readonly spans: Spans
  /** Called once, when the follower is of no more use: state `restored` or `stopped`. */
  /** Answers to conflicts stand in the document, by conflict id, as whatever was written there. */
  readonly onAnswers?: (answers: ReadonlyMap<string, unknown>) => void
  /** The log is read to its end, and all that follows is in the journal. */
  readonly onReady?: () => void
  readonly onEnd: (state: "restored" | "stopped", error: MillraceError) => void
}

// How long looking at records may hold the process before others get a turn.
const maxTurnMs = 20
const maxBacklogBytes = 4 * 1024 * 1024
const commitRetryMs = 1_000

/**
 * One workspace: its log becomes a document, and the document's state becomes journal entries.
 *
 * The log is read from the start: up to the journalled position without looking, then entry by entry, each noting
 * whom it touched; what the relay has compacted comes as one entry. Changes come from comparing state, never from
 * callbacks; callbacks only say where to look. At the start every record is looked at once.
 */
export class WorkspaceFollower {
  readonly workspace: string
  readonly generation: number
  readonly #options: FollowerOptions
  readonly #doc = new Y.Doc()
  readonly #touched = new TouchedRecords()
  readonly #ranks: ReadonlyMap<string, number>
  readonly #position: number
  readonly #source: Closable
  #records: MergedRecords | undefined
  #backlog: Uint8Array[] = []
  #backlogBytes = 0
  #last: LogEntry | undefined
  #current: Touch | undefined
  /** Stands for entries after the position that came merged: any record may be touched by them. */
  #unknown: Touch | undefined
  /** Seq of the first entry since which the document misses something. */
  #missingSince: number | undefined
  #state: FollowerState = "loading"
  #error: MillraceError | undefined
  #timer: Timer | undefined
  #hasAnswers = true
  #isReady = false
  #deriving: Promise<void> | undefined
  /** Set while records are looked at: the document must stand still. */
  #looking: Promise<void> | undefined

  constructor(options: FollowerOptions) {
    this.#options = options
    this.#ranks = dependencyRanks(options.schema)
    this.workspace = options.workspace
    this.generation = options.generation
    const known = options.ledger.view.position(options.workspace)
    this.#position = known?.generation === options.generation ? known.seq : 0
    this.#source = options.relay.follow({
      workspace: options.generation === 1 ? options.workspace : `${options.workspace}@${options.generation}`,
      afterSeq: 0,
      generation: this.#position === 0 ? 0 : options.generation,
      onEntry: (entry) => this.#take(entry),
      onCaughtUp: ({ seq }) => this.#caughtUp(seq),
      onError: (error) => {
        if (error.retry === "never") this.#end("stopped", error)
      },
    })
  }

  get state(): FollowerState {
    return this.#state
  }

  /** Why nothing is derived, where that is so. */
  get error(): MillraceError | undefined {
    return this.#error
  }

  /** Waits for a commit under way, then lets go of the document. Idempotent. */
  async close(): Promise<void> {
    this.#release()
    await this.#deriving
    this.#doc.destroy()
  }

  #release(): void {
    this.#source.close()
    this.#timer?.cancel()
    if (this.#state !== "restored") this.#state = "stopped"
  }

  #end(state: "restored" | "stopped", error: MillraceError): void {
    if (this.#ended) return
    this.#state = state
    this.#error = error
    this.#release()
    this.#options.log.error("workspace is not followed", {
      workspace: this.workspace,
      state,
      kind: error.kind,
      detail: error.message,
    })
    this.#options.onEnd(state, error)
  }

  get #ended(): boolean {
    return this.#state === "restored" || this.#state === "stopped"
  }

  async #take(entry: LogEntry): Promise<void> {
    if (this.#looking !== undefined) await this.#looking
    if (this.#ended) return
    this.#last = entry
    try {
      if ((entry.holdsSeq ?? entry.seq) <= this.#position) this.#collect(entry.update)
      else if (entry.holdsSeq !== undefined) this.#applyMerged(entry, entry.holdsSeq)
      else if (entry.seq <= this.#position) this.#collect(entry.update)
      else this.#apply(entry)
    } catch (cause) {
      const message = `Entry ${entry.seq} of ${this.workspace} does not apply; the workspace stands still until it is mended.`
      this.#end("stopped", new MillraceError(message, { kind: "corrupt", cause }))
    }
  }

  /** Entries that were derived from before: applied together, nobody looks. */
  #collect(update: Uint8Array): void {
    this.#backlog.push(update)
    this.#backlogBytes += update.length
    if (this.#backlogBytes >= maxBacklogBytes) this.#applyBacklog()
  }

  #applyBacklog(): void {
    const updates = this.#backlog
    this.#backlog = []
    this.#backlogBytes = 0
    if (updates.length === 0) return
    this.#doc.transact(() => {
      for (const update of updates) Y.applyUpdate(this.#doc, update, this)
    }, this)
  }

  #apply(entry: LogEntry): void {
    const records = this.#open()
    const { author, timeMs, seq } = entry
    const automatic = isAutomatic(entry.update)
    const touch: Touch = { author, timeMs, seq, seqFrom: this.#missingSince ?? seq, noted: true, automatic }
    this.#current = touch
    try {
      Y.applyUpdate(this.#doc, entry.update, this)
      // A browser counts what it wrote as a touch even where it took it back in the same entry.
      for (const [collection, id] of records.namedIn(entry.update)) this.#touched.add(collection, id, touch)
    } finally {
      this.#current = undefined
    }
    if (!misses(this.#doc)) this.#missingSince = undefined
    else this.#missingSince ??= seq
    if (this.#state !== "loading") this.#schedule()
  }

  /**
   * Entries behind the position came merged. Whom they touched is not known, or not fully even where they follow one by one,
   * since what was deleted meanwhile is gone; so every record counts as touched up to the last of them: a changed one gets one version
   * for them all, and an exception is about the last touch that anybody may have made.
   */
  #applyMerged(entry: LogEntry, holdsSeq: number): void {
    const reached = this.#options.ledger.view.position(this.workspace)
    const position = reached?.generation === this.generation ? reached.seq : 0
    this.#collect(entry.update)
    this.#applyBacklog()
    this.#missingSince = misses(this.#doc) ? (this.#missingSince ?? position + 1) : undefined
    const { author, timeMs } = entry
    this.#unknown = { author, timeMs, seq: holdsSeq, seqFrom: Math.min(position + 1, holdsSeq), noted: true }
    // Not before what is being derived is in the view: a record that it makes may be gone by now, and named nowhere else.
    if (this.#state !== "loading") this.#schedule()
  }

  /** The first time: everything that was collected is there, and from here on touches are noted. */
  #open(): MergedRecords {
    if (this.#records !== undefined) return this.#records
    this.#applyBacklog()
    this.#records = openMergedRecords(this.#doc, this.#options.schema)
    this.#records.onTouched((collection, id) => {
      if (this.#current !== undefined) this.#touched.add(collection, id, this.#current)
    })
    resolutionsOf(this.#doc).observe(() => (this.#hasAnswers = true))
    return this.#records
  }

  /** After the state that the answers are about is in the journal. */
  #tell(): void {
    if (!this.#isReady) {
      this.#isReady = true
      this.#options.onReady?.()
    }
    if (!this.#hasAnswers) return
    this.#hasAnswers = false
    const answers = new Map<string, unknown>(resolutionsOf(this.#doc).entries())
    if (answers.size > 0) this.#options.onAnswers?.(answers)
  }

  async #caughtUp(seq: number): Promise<void> {
    if (this.#looking !== undefined) await this.#looking
    if (this.#ended) return
    const reached = this.#options.ledger.view.position(this.workspace)
    const position = reached?.generation === this.generation ? reached.seq : 0
    if (seq < position) {
      const message =
        `The relay's log of ${this.workspace} ends at ${seq}, but changes up to ${position} were derived from it: ` +
        "it was put back to an older copy. Restore the newer log, or reset the workspace to a new generation."
      return this.#end("restored", new MillraceError(message, { kind: "conflict" }))
    }
    if (this.#state === "loading") {
      const records = this.#open()
      this.#touchAll(records)
      this.#state = "following"
    }
    this.#schedule(0)
  }

  /** At the start, whatever a crash, a new schema or a new program left undone is found by looking at everything. */
  #touchAll(records: MergedRecords): void {
    const { workspace } = this
    const position = this.#position
    const unknown = this.#unknown
    this.#unknown = undefined
    const { author = "", timeMs = 0 } = this.#last ?? {}
    const touch: Touch = unknown ?? { author, timeMs, seqFrom: position, seq: position, noted: false }
    const noted = new TouchedRecords()
    const recent = this.#touched.take()
    for (const [collection, id] of records.names()) noted.add(collection, id, touch)
    for (const [collection, id] of this.#options.ledger.view.living(workspace)) noted.add(collection, id, touch)
    const known = new Map(recent.map((one) => [JSON.stringify([one.collection, one.id]), one.touch]))
    for (const one of noted.take()) {
      const own = known.get(JSON.stringify([one.collection, one.id]))
      // What an entry after the position touched keeps that entry's author, and its range too unless merged ones widen it.
      if (own === undefined) this.#touched.add(one.collection, one.id, one.touch)
      else if (unknown !== undefined) {
        const { seqFrom, seq } = unknown
        // Also where it waits to be looked at without a touch: merged entries may have touched it.
        const last = own.noted ? own : unknown
        this.#touched.add(one.collection, one.id, { ...last, seqFrom, seq: Math.max(seq, own.seq) })
      }
    }
    this.#touched.addAll(recent)
  }

  #schedule(delayMs: number = this.#options.deriveDelayMs): void {
    if (this.#timer !== undefined || this.#ended) return
    this.#timer = this.#options.clock.after(delayMs, () => {
      this.#timer = undefined
      this.#deriving ??= this.#derive().finally(() => (this.#deriving = undefined))
    })
  }

  async #derive(): Promise<void> {
    const records = this.#records
    if (records === undefined || this.#ended) return
    if (misses(this.#doc)) {
      this.#state = "waiting"
      return
    }
    this.#state = "following"
    if (this.#unknown !== undefined) this.#touchAll(records)
    const position = this.#last?.seq ?? 0
    this.#touchRelated(records, position)
    const touched = this.#touched.take()
    const reached = this.#options.ledger.view.position(this.workspace)
    const stands = reached?.generation === this.generation && reached.seq === position
    try {
      const findings = await this.#look(touched, records)
      const landed = this.#landed()
      if (this.#ended) return
      if (stands && isEmpty(findings) && landed.length === 0) return this.#tell()
      const { workspace, generation } = this
      const derived: Derived = { kind: "derived", workspace, generation, ...findings, landed, position }
      findings.records.sort((a, b) => this.#rank(a) - this.#rank(b))
      await this.#options.ledger.commit(splitDerived(derived))
      deriveSpans(this.#options.spans, this.#options.clock, derived)
      if (!this.#ended) this.#tell()
    } catch (thrown) {
      this.#touched.addAll(touched)
      const error = asMillraceError(thrown, "bug")
      if (error.kind === "bug") return this.#end("stopped", error)
      await sleep(this.#options.clock, commitRetryMs)
    }
    if (this.#touched.size > 0 || (this.#last?.seq ?? 0) > position) this.#schedule()
  }

  /** What is judged together with a touched record is looked at too; nobody has touched it for that. */
  #touchRelated(records: MergedRecords, seq: number): void {
    const { author = "", timeMs = 0 } = this.#last ?? {}
    const touch: Touch = { author, timeMs, seqFrom: seq, seq, noted: false }
    for (const [collection, id] of records.takeRelated()) {
      if (!this.#touched.has(collection, id)) this.#touched.add(collection, id, touch)
    }
  }

  /** What others refer to is sent before them, and deleted after them. */
  #rank({ collection, op }: DerivedRecord): number {
    const rank = this.#ranks.get(collection) ?? 0
    return op === "delete" ? 1_000 - rank : rank
  }

  /** The update that brings an empty document to what was read from the log so far. */
  encoded(): Uint8Array {
    this.#applyBacklog()
    return Y.encodeStateAsUpdate(this.#doc)
  }

  /** What write-backs that are still pending the document holds. */
  #landed(): readonly Landed[] {
    const { view } = this.#options.ledger
    const clients = new Set<number>()
    for (const { binding, name } of view.pendings(this.workspace)) {
      const pending = view.base(binding, this.workspace, name[0], name[1])?.pending
      if (pending !== undefined && Y.getState(this.#doc.store, pending.client) > pending.clock)
        clients.add(pending.client)
    }
    return [...clients].map((client) => ({ client, clock: Y.getState(this.#doc.store, client) }))
  }

  /** Compares the touched records with the view, in turns; entries wait meanwhile, so that all see one state. */
  async #look(touched: readonly TouchedRecord[], records: MergedRecords): Promise<ReturnType<typeof noFindings>> {
    const { clock, ledger } = this.#options
    const findings = noFindings()
    let release = (): void => {}
    this.#looking = new Promise((resolve) => (release = resolve))
    try {
      let turnEndsMs = clock.nowMs() + maxTurnMs
      for (const one of touched) {
        lookAt(one, this.workspace, records, ledger.view, findings)
        if (clock.nowMs() < turnEndsMs) continue
        await sleep(clock, 0)
        turnEndsMs = clock.nowMs() + maxTurnMs
      }
    } finally {
      this.#looking = undefined
      release()
    }
    return findings
  }
}

/** Whether an update holds nothing but what a target's write-back made. */
function isAutomatic(update: Uint8Array): boolean {
  const clients = [...Y.parseUpdateMeta(update).to.keys()]
  return clients.length > 0 && clients.every((client) => classOfClient(client) === 0)
}

/** Whether the document waits for structs or deletions that have not come. */
function misses(doc: Y.Doc): boolean {
  return doc.store.pendingStructs !== null || doc.store.pendingDs !== null
}
