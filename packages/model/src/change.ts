import type { BagIndex, RecordState } from "./bag-index.ts"
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
  readonly after: RecordState
}

/** The records of one transaction, each with its state before and after. */
export class Batch {
  readonly #before = new Map<BagIndex, Map<string, RecordState>>()
  #steps: readonly Step[] = []

  /** Must be called before the record's first change; later calls do nothing. */
  touch(index: BagIndex, id: string): void {
    let states = this.#before.get(index)
    if (states === undefined) this.#before.set(index, (states = new Map()))
    if (!states.has(id)) states.set(id, index.stateOf(id))
  }

  /**
   * Takes down what became of the records; once, when the transaction has ended and before any observer runs.
   *
   * Observers may write: their transactions must not show in this one, so that each `before` is the `after` before it.
   */
  settle(): void {
    const steps: Step[] = []
    for (const [index, states] of [...this.#before].sort(([a], [b]) => compareText(a.name, b.name))) {
      for (const [id, before] of states) {
        const after = index.stateOf(id)
        // Entries that came and went within the transaction do not count.
        if (after !== before) steps.push({ collection: index.name, id, index, before, after })
      }
    }
    this.#steps = steps
    this.#before.clear()
  }

  /** Sorted by collection. */
  touched(): readonly RecordName[] {
    return this.#steps.map(({ collection, id }) => ({ collection, id }))
  }

  /** The changes of merged state; records that fold to what they were are left out. */
  changes(local: boolean, origin: unknown): readonly RecordChange[] {
    const changes: RecordChange[] = []
    for (const { collection, id, index, before, after } of this.#steps) {
      const old = before.fold(index.kindOf)
      const now = after.fold(index.kindOf)
      if (old.canonical === now.canonical) continue
      const op = old.record === undefined ? "add" : now.record === undefined ? "delete" : "update"
      changes.push({ collection, id, op, before: old.record, after: now.record, local, origin })
    }
    return changes
  }
}
