import { createHash } from "node:crypto"
import { type Change, eventIdOf } from "@millrace/target"
import { type Binding, covers, matchesWorkspace } from "../binding.ts"
import type { JournalEntry, RecordName } from "../journal/entry.ts"
import { type StatusException, exceptionOf } from "./exception.ts"
import { laneKey, recordKey, under } from "./keys.ts"
import { Mutation } from "./mutation.ts"
import type { AppliedRow, CountsRow, ItemRow, LaneRow, PositionRow, RecordRow } from "./rows.ts"
import { isLiving } from "./rows.ts"
import { clearTables, openTables, type Tables } from "./tables.ts"

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
}

const noEntry: AppliedRow = { seq: 0, digest: "", journalId: "", canonicalForm: 0 }
const noCounts: CountsRow = { parked: 0, rejected: 0, pending: 0, synced: 0, queued: 0, nextN: 1 }

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
      if (value.queued > 0) found.push(String(key[1]))
    }
    return found
  }

  /** The next changes to send, in order; at least one where there is one. */
  nextBatch(binding: Binding, workspace: string, limits: BatchLimits): readonly Change[] {
    const { journalId } = this.applied
    const changes: Change[] = []
    let bytes = 0
    for (const { value } of this.#tables.queue.getRange({
      ...under(binding.name, workspace),
      limit: limits.maxChanges,
    })) {
      bytes += Buffer.byteLength(value.before ?? "", "utf8") + Buffer.byteLength(value.after ?? "", "utf8")
      if (changes.length > 0 && bytes > limits.maxBytes) break
      changes.push(changeOf(value, workspace, journalId, binding.name))
    }
    return changes
  }

  /**
   * Highest seq of which everything in the binding is confirmed or an exception: the position where nothing is
   * outstanding, else one less than the first seq that is.
   */
  watermark(binding: string, workspace: string): number {
    const position = this.position(workspace)?.seq ?? 0
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
    return exceptionOf(this.record(workspace, collection, id), this.lane(binding.name, workspace, collection, id))
  }

  lane(binding: string, workspace: string, collection: string, id: string): LaneRow | undefined {
    return this.#tables.lanes.get(laneKey(binding, workspace, collection, id))
  }

  async close(): Promise<void> {
    await this.#tables.root.close()
  }
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
  const source = item.baseline === 0 ? journalId : `${journalId}/${binding}/${item.baseline}`
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
