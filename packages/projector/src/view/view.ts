import { createHash } from "node:crypto"
import { type AppliedLookup, type Change, eventIdOf } from "@millrace/target"
import { type Binding, covers, matchesWorkspace } from "../binding.ts"
import type { JournalEntry, RecordName } from "../journal/entry.ts"
import { type StatusException, exceptionOf } from "./exception.ts"
import { element, laneKey, recordKey, under } from "./keys.ts"
import { Mutation } from "./mutation.ts"
import { noCounts } from "./counter.ts"
import type {
  ActRow,
  AppliedRow,
  BaseRow,
  CountsRow,
  ItemRow,
  LaneRow,
  PositionRow,
  RecordRow,
  ReleasedRow,
  ReleaseRow,
} from "./rows.ts"
import { isLiving } from "./rows.ts"
import { clearTables, eachTable, openTables, type Tables } from "./tables.ts"

/** A journal entry with its place, for `apply`. */
export interface PlacedEntry {
  readonly seq: number
  readonly payload: Uint8Array
  readonly entry: JournalEntry
}

/** What an application changed: per workspace, the records whose exception may be another now. */
export type Changed = ReadonlyMap<string, readonly RecordName[]>

export interface BatchLimits {
  readonly maxChanges: number
  readonly maxBytes: number
  /** Whether deletions in a state target may go. Default true. */
  readonly mayDelete?: (item: { readonly collection: string; readonly n: number }) => boolean
}

const noEntry: AppliedRow = { seq: 0, digest: "", journalId: "", canonicalForm: 0 }

/**
 * The journal's present meaning, in a local LMDB environment: nothing in it that the journal does not say.
 *
 * `apply` moves it forward, one transaction with the seq it stands for; a lost, older or foreign view is emptied and
 * applied anew. Reads are synchronous and see whole transactions only. One process at a time.
 */
export class View {
  readonly #tables: Tables

  private constructor(tables: Tables) {
    this.#tables = tables
  }

  /** Opens or makes the folder `path`. */
  static open(path: string): View {
    return new View(openTables(path))
  }

  get applied(): AppliedRow {
    return (this.#tables.meta.get("applied") as AppliedRow | undefined) ?? noEntry
  }

  get bindings(): readonly Binding[] {
    return (this.#tables.meta.get("bindings") as readonly Binding[] | undefined) ?? []
  }

  /** Applies entries in order of their seq, all in one transaction, with the position they stand for. */
  apply(entries: readonly PlacedEntry[]): Changed {
    const last = entries.at(-1)
    if (last === undefined) return new Map()
    return this.#tables.root.transactionSync(() => {
      const mutation = new Mutation(this.#tables, this.bindings)
      let { journalId, canonicalForm } = this.applied
      for (const { entry } of entries) {
        if (entry.kind === "born") ({ journalId, canonicalForm } = entry)
        if (entry.kind === "form") ({ canonicalForm } = entry)
        mutation.apply(entry)
      }
      mutation.finish()
      const applied: AppliedRow = { seq: last.seq, digest: digestOf(last.payload), journalId, canonicalForm }
      this.#tables.meta.putSync("applied", applied)
      return mutation.changed
    })
  }

  /** Forgets everything. */
  clear(): void {
    clearTables(this.#tables)
  }

  position(workspace: string): PositionRow | undefined {
    return this.#tables.positions.get([workspace])
  }

  /** Every workspace with a position. */
  workspaces(): readonly string[] {
    return [...this.#tables.positions.getKeys()].map((key) => String(key[0]))
  }

  record(workspace: string, collection: string, id: string): RecordRow | undefined {
    return this.#tables.records.get(recordKey(workspace, collection, id))
  }

  /** Every living record of a workspace: for the look at the start, never for one change. */
  *living(workspace: string): IterableIterator<RecordName> {
    for (const { value } of this.#tables.records.getRange(under(workspace))) {
      if (isLiving(value)) yield [value.collection, value.id]
    }
  }

  /** Bindings that take in the workspace. */
  bindingsOf(workspace: string): readonly Binding[] {
    return this.bindings.filter((binding) => !binding.removed && matchesWorkspace(binding.workspaces, workspace))
  }

  counts(binding: string, workspace: string): CountsRow {
    return this.#tables.counts.get([binding, workspace]) ?? noCounts
  }

  /** Workspaces in which the binding has something to send. */
  queued(binding: string): readonly string[] {
    const found: string[] = []
    for (const { key, value } of this.#tables.counts.getRange(under(binding))) {
      if (value.queued > 0 || value.deleting > 0) found.push(String(key[1]))
    }
    return found
  }

  /** The next changes to send, in order, deletions in state targets behind all others; at least one where there is one. */
  nextBatch(binding: Binding, workspace: string, limits: BatchLimits): readonly Outgoing[] {
    const { journalId } = this.applied
    const { maxChanges, maxBytes, mayDelete = () => true } = limits
    const changes: Outgoing[] = []
    let bytes = 0
    const take = (item: ItemRow): boolean => {
      bytes += Buffer.byteLength(item.before ?? "", "utf8") + Buffer.byteLength(item.after ?? "", "utf8")
      if (changes.length > 0 && bytes > maxBytes) return false
      const change = changeOf(item, workspace, journalId, binding.name)
      changes.push({ change, isForced: item.force === true })
      return changes.length < maxChanges
    }
    const queue = this.#tables.queue.getRange({ ...under(binding.name, workspace), limit: maxChanges })
    for (const { value } of queue) if (!take(value)) return changes
    if (this.counts(binding.name, workspace).deleting === 0) return changes
    // What nothing refers to any more goes first: the last that was added to the outbox refers to those before it.
    for (const { value } of this.#tables.deletions.getRange(under(binding.name, workspace))) {
      if (mayDelete(value) && !take(value)) break
    }
    return changes
  }

  /**
   * Highest seq of which everything in the binding is confirmed or an exception: the position where nothing is
   * outstanding, else one less than the first seq that is.
   */
  watermark(binding: string, workspace: string): number {
    const published = this.bindings.find(({ name }) => name === binding)?.mode === "published"
    const released = published ? (this.counts(binding, workspace).release?.position ?? 0) : Infinity
    const position = Math.min(this.position(workspace)?.seq ?? 0, released)
    const [first] = this.#tables.froms.getKeys({ ...under(binding, workspace), limit: 1 })
    return first === undefined ? position : Math.min(position, Number(first[2]) - 1)
  }

  /** Names of all records with an exception in some binding. */
  *exceptional(workspace: string): IterableIterator<RecordName> {
    for (const { value } of this.#tables.exceptions.getRange(under(workspace))) yield value
  }

  /** Whether the record has an exception, or something outstanding that may still become one. */
  isUnsettled(workspace: string, collection: string, id: string): boolean {
    return (
      this.#tables.exceptions.doesExist(recordKey(workspace, collection, id)) ||
      this.bindingsOf(workspace).some(
        ({ name, collections }) =>
          collections.includes(collection) && this.lane(name, workspace, collection, id) !== undefined,
      )
    )
  }

  exception(binding: Binding, workspace: string, collection: string, id: string): StatusException | undefined {
    if (!covers(binding, workspace, collection)) return undefined
    return exceptionOf(
      workspace,
      binding.name,
      this.record(workspace, collection, id),
      this.lane(binding.name, workspace, collection, id),
      this.base(binding.name, workspace, collection, id),
    )
  }

  lane(binding: string, workspace: string, collection: string, id: string): LaneRow | undefined {
    return this.#tables.lanes.get(laneKey(binding, workspace, collection, id))
  }

  /** What was applied and seen of a record in a state target. */
  base(binding: string, workspace: string, collection: string, id: string): BaseRow | undefined {
    return this.#tables.bases.get(laneKey(binding, workspace, collection, id))
  }

  /** All of them in a binding, or in one of its collections. */
  *bases(binding: string, workspace: string, collection?: string): IterableIterator<BaseRow> {
    const prefix = collection === undefined ? [binding, workspace] : [binding, workspace, element(collection)]
    for (const { value } of this.#tables.bases.getRange(under(...prefix))) yield value
  }

  /** What targets are given to find their own by. */
  appliedLookup(binding: string, workspace: string): AppliedLookup {
    return {
      get: (collection, id) => this.base(binding, workspace, collection, id),
      all: (collection) => this.bases(binding, workspace, collection),
    }
  }

  /** Records with a write-back that is not known to be in the document. */
  pendings(workspace: string): readonly { readonly binding: string; readonly name: RecordName }[] {
    return [...this.#tables.pendings.getRange(under(workspace))].map(({ key, value }) => ({
      binding: String(key[1]),
      name: value,
    }))
  }

  /** The highest reserved client id that was taken in a workspace. */
  lastWriter(workspace: string, generation: number): number {
    return this.#tables.writers.get([workspace, generation]) ?? 0
  }

  /** What is paused: `target/<name>` or `binding/<name>`. */
  get paused(): readonly string[] {
    return (this.#tables.meta.get("paused") as readonly string[] | undefined) ?? []
  }

  act(key: string): ActRow | undefined {
    return this.#tables.acts.get([key])
  }

  released(binding: string, workspace: string, collection: string, id: string): ReleasedRow | undefined {
    return this.#tables.released.get(laneKey(binding, workspace, collection, id))
  }

  release(binding: string, workspace: string, number: number): ReleaseRow | undefined {
    return this.#tables.releases.get([binding, workspace, number])
  }

  /** The latest first. */
  releases(binding: string, workspace: string): readonly ReleaseRow[] {
    return [...this.#tables.releases.getRange(under(binding, workspace))].map(({ value }) => value).reverse()
  }

  /** Records of a published binding that are not as they were released last. */
  *drafts(binding: string, workspace: string): IterableIterator<RecordRow> {
    for (const { key, value } of this.#tables.lanes.getRange(under(binding, workspace))) {
      if (value.draft !== true) continue
      const record = this.#tables.records.get([workspace, ...key.slice(2)])
      if (record !== undefined) yield record
    }
  }

  /** Outstanding items of a binding, in order, those that are held back for a confirmation included. */
  *outstanding(binding: Binding, workspace: string): IterableIterator<Outgoing> {
    const { journalId } = this.applied
    for (const table of [this.#tables.queue, this.#tables.deletions]) {
      for (const { value } of table.getRange(under(binding.name, workspace))) {
        yield { change: changeOf(value, workspace, journalId, binding.name), isForced: value.force === true }
      }
    }
  }

  /** Records that are parked, rejected or stopped by the brake in a binding. */
  *stuck(binding: string, workspace: string): IterableIterator<{ readonly record: RecordRow; readonly lane: LaneRow }> {
    for (const { key, value } of this.#tables.lanes.getRange(under(binding, workspace))) {
      if (value.fault === null && value.mark?.kind !== "oscillating") continue
      const record = this.#tables.records.get([workspace, ...key.slice(2)])
      if (record !== undefined) yield { record, lane: value }
    }
  }

  /** The content at the front of a lane, as it was refused. */
  firstContent(binding: string, workspace: string, lane: LaneRow): string | null | undefined {
    return this.#tables.held.get([binding, workspace, lane.first])?.after
  }

  /** Place of the last deletion that waits. */
  lastDeletion(binding: string, workspace: string): number {
    const { start, end } = under(binding, workspace)
    const [last] = this.#tables.deletions.getKeys({ start: end, end: start, reverse: true, limit: 1 })
    return last === undefined ? 0 : Number(last[2])
  }

  /** Every row as lines of text, in turns, as they all were at one moment; see `load`. */
  async *dump(turn: () => Promise<void>): AsyncIterableIterator<string> {
    const transaction = this.#tables.root.useReadTransaction()
    try {
      let rows = 0
      for (const [name, table] of eachTable(this.#tables)) {
        for (const { key, value } of table.getRange({ transaction })) {
          yield JSON.stringify([name, key, value])
          if (++rows % 500 === 0) await turn()
        }
      }
    } finally {
      transaction.done()
    }
  }

  /** Puts a dump's rows in place of everything. */
  load(lines: Iterable<string>): void {
    this.clear()
    const tables = new Map(eachTable(this.#tables))
    this.#tables.root.transactionSync(() => {
      for (const line of lines) {
        const [name, key, value] = JSON.parse(line) as [string, (string | number)[], unknown]
        tables.get(name)?.putSync(key, value)
      }
    })
  }

  async close(): Promise<void> {
    await this.#tables.root.close()
  }
}

/** A change that may be sent. */
export interface Outgoing {
  readonly change: Change
  /** The target is known to hold something else: it goes out even where it was sent before. */
  readonly isForced: boolean
}

export function digestOf(payload: Uint8Array): string {
  return createHash("sha256").update(payload).digest("hex")
}

/**
 * The change that an outbox item tells.
 *
 * A baseline tells an older version as an `add` without `before`; that is another content, so its id names the binding
 * and its revision beside the journal.
 */
function changeOf(item: ItemRow, workspace: string, journalId: string, binding: string): Change {
  const source =
    item.source !== undefined
      ? `${journalId}/${item.source}`
      : item.baseline === 0
        ? journalId
        : `${journalId}/${binding}/${item.baseline}`
  const { collection, id, version, hash } = item
  return {
    eventId: eventIdOf([workspace, item.generation, source, collection, id, version, hash]),
    workspace,
    generation: item.generation,
    collection,
    id,
    version,
    op: item.op,
    author: item.author,
    timeMs: item.timeMs,
    seqFrom: item.seqFrom,
    seq: item.seq,
    hash,
    before: item.before,
    after: item.after,
  }
}
