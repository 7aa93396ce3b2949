import type { RecordState } from "./bag-entry.ts"
import type { BagIndex } from "./bag-index.ts"
import { compareText, type PlainRecord } from "./value.ts"

/** A record's full name. */
export interface RecordName {
  readonly collection: string
  readonly id: string
}

/** What one Yjs transaction did to the merged state of one record. */
export interface RecordChange extends RecordName {
  readonly op: "add" | "update" | "delete"
  /** Undefined for `add`. */
  readonly before: PlainRecord | undefined
  /** Undefined for `delete`. */
  readonly after: PlainRecord | undefined
  /** True for what this document's own code wrote, false for what was merged in. */
  readonly local: boolean
  /** What the transaction was given as its origin. */
  readonly origin: unknown
}

/** Records whose entries one transaction changed, even where their merged state stayed the same. */
export interface Touched {
  readonly records: readonly RecordName[]
  readonly local: boolean
  readonly origin: unknown
}

interface Step extends RecordName {
  readonly index: BagIndex
  readonly before: RecordState
  after: RecordState
}

/**
 * The records of one transaction, each with its state before and after.
 *
 * Both are taken down as the entries come and go, not when the transaction is told: by then observers may have
 * written again, and their writes belong to their own transactions.
 */
export class Batch {
  readonly #steps = new Map<BagIndex, Map<string, Step>>()

  note(index: BagIndex, id: string, before: RecordState, after: RecordState): void {
    let steps = this.#steps.get(index)
    if (steps === undefined) this.#steps.set(index, (steps = new Map()))
    const step = steps.get(id)
    if (step === undefined) steps.set(id, { collection: index.name, id, index, before, after })
    else step.after = after
  }

  /** Sorted by collection. */
  touched(): readonly RecordName[] {
    return this.#changed().map(({ collection, id }) => ({ collection, id }))
  }

  /** The changes of merged state; records that fold to what they were are left out. */
  changes(local: boolean, origin: unknown): readonly RecordChange[] {
    const changes: RecordChange[] = []
    for (const { collection, id, index, before, after } of this.#changed()) {
      const old = before.fold(index.reading)
      const now = after.fold(index.reading)
      if (old.canonical === now.canonical) continue
      const op = old.record === undefined ? "add" : now.record === undefined ? "delete" : "update"
      changes.push({ collection, id, op, before: old.record, after: now.record, local, origin })
    }
    return changes
  }

  // Entries that came and went within the transaction do not count.
  #changed(): readonly Step[] {
    const sorted = [...this.#steps].sort(([a], [b]) => compareText(a.name, b.name))
    return sorted.flatMap(([, steps]) => [...steps.values()].filter(({ before, after }) => before !== after))
  }
}
