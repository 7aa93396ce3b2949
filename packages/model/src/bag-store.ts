import type { Clock, Random } from "@millrace/ports"
import { MillraceError, randomId } from "@millrace/ports"
import type { Doc, Transaction } from "yjs"
import { BagIndex } from "./bag-index.ts"
import { Batch, type RecordChange, type RecordName, type Touched } from "./change.ts"
import { Listeners } from "./listeners.ts"
import type { WritePlan } from "./plan.ts"
import type { Schema } from "./schema.ts"
import { getOwn } from "./value.ts"
import {
  type BagType,
  eachAdded,
  eachElement,
  eachRemoved,
  mayBeBag,
  putElement,
  removeElement,
  rootName,
  type Run,
} from "./yjs-bag.ts"

/** Origin of transactions that nobody gave one: without an origin, undo would take other people's changes as ours. */
export const localOrigin = "millrace:local"

/**
 * The bags of one document with their indexes, kept in step transaction by transaction.
 *
 * Own writes are in the index at once, merged ones before any observer of their transaction runs, so a read never
 * sees less than the document holds. The work of a change does not depend on the number of records.
 */
export class BagStore {
  readonly doc: Doc
  readonly schema: Schema
  readonly changes: Listeners<readonly RecordChange[]> = new Listeners()
  readonly touches: Listeners<Touched> = new Listeners()
  readonly #clock: Clock
  readonly #random: Random
  readonly #indexes = new Map<string, BagIndex>()
  /** Null for types that are no bags of ours. Yjs may replace a root's object, so names are looked up again then. */
  readonly #byType = new WeakMap<BagType, BagIndex | null>()
  readonly #batches = new WeakMap<Transaction, Batch>()
  readonly #runs = new Map<string, Run>()

  constructor(doc: Doc, schema: Schema, clock: Clock, random: Random) {
    this.doc = doc
    this.schema = schema
    this.#clock = clock
    this.#random = random
    for (const name of Object.keys(schema.collections)) {
      this.#root(name)
      this.index(name)
    }
    for (const type of doc.share.values()) {
      const index = this.#indexOf(type)
      if (index !== null) {
        eachElement(type, (_, source, clock, element) => {
          if (this.#isOurs(index, element)) index.add(source, clock, element)
        })
      }
    }
    doc.on("beforeObserverCalls", this.#onMerged)
    doc.on("afterTransaction", this.#onSettled)
  }

  index(name: string): BagIndex {
    let index = this.#indexes.get(name)
    if (index === undefined) {
      const fields = getOwn(this.schema.collections, name)?.fields
      index = new BagIndex(name, (field) => (fields === undefined ? undefined : getOwn(fields, field)?.kind))
      this.#indexes.set(name, index)
    }
    return index
  }

  indexes(): Iterable<BagIndex> {
    return this.#indexes.values()
  }

  /** Base 36 of the time, padded so that nonces sort by it, then chance. */
  nonce(): string {
    return this.#clock.nowMs().toString(36).padStart(9, "0") + randomId(this.#random, 8)
  }

  /** Carries a plan out in one transaction, or in the one that is open. Returns whether there was anything to do. */
  write(name: string, id: string, plan: WritePlan): boolean {
    if (plan.append.length === 0 && plan.supersede.length === 0) return false
    const bag = this.#root(name)
    const index = this.index(name)
    this.doc.transact((transaction) => {
      const before = index.stateOf(id)
      for (const entry of plan.supersede) {
        removeElement(transaction, entry)
        index.remove(entry.client, entry.clock, entry.text)
      }
      for (const text of plan.append) {
        const run = putElement(transaction, bag, text, this.#runs.get(name))
        this.#runs.set(name, run)
        index.add(run.last, run.last.clock, text)
      }
      this.#batchOf(transaction).note(index, id, before, index.stateOf(id))
    }, localOrigin)
    return true
  }

  touchedIn(transaction: Transaction): readonly RecordName[] {
    return this.#batches.get(transaction)?.touched() ?? []
  }

  /** The collection whose bag `type` is; undefined for what is none of ours. */
  collectionOf(type: BagType): string | undefined {
    return this.#indexOf(type)?.name
  }

  destroy(): void {
    this.doc.off("beforeObserverCalls", this.#onMerged)
    this.doc.off("afterTransaction", this.#onSettled)
    this.changes.clear()
    this.touches.clear()
  }

  readonly #onMerged = (transaction: Transaction): void => {
    eachAdded(transaction, (type, source, clock, element) => {
      this.#follow(transaction, type, element, (index) => index.add(source, clock, element))
    })
    eachRemoved(transaction, (type, source, clock, element) => {
      this.#follow(transaction, type, element, (index) => index.remove(source.client, clock, element))
    })
  }

  // Own writes are in the index already and are not noted twice: since then there may have been others.
  #follow(transaction: Transaction, type: BagType, element: unknown, step: (index: BagIndex) => boolean): void {
    const index = this.#indexOf(type)
    if (index === null || !this.#isOurs(index, element)) return
    const id = index.idOf(element)
    const before = id === undefined ? undefined : index.stateOf(id)
    const isNew = step(index)
    if (isNew && id !== undefined && before !== undefined) {
      this.#batchOf(transaction).note(index, id, before, index.stateOf(id))
    }
  }

  readonly #onSettled = (transaction: Transaction): void => {
    const batch = this.#batches.get(transaction)
    if (batch === undefined) return
    const { local, origin } = transaction
    const errors: unknown[] = []
    if (this.touches.any) {
      const records = batch.touched()
      if (records.length > 0) errors.push(...this.touches.emit({ records, local, origin }))
    }
    if (this.changes.any) {
      const changes = batch.changes(local, origin)
      if (changes.length > 0) errors.push(...this.changes.emit(changes))
    }
    if (errors.length > 0) throw errors[0]
  }

  #batchOf(transaction: Transaction): Batch {
    let batch = this.#batches.get(transaction)
    if (batch === undefined) this.#batches.set(transaction, (batch = new Batch()))
    return batch
  }

  #indexOf(type: BagType): BagIndex | null {
    let index = this.#byType.get(type)
    if (index === undefined) {
      const name = mayBeBag(type) ? rootName(type) : undefined
      index = name === undefined || name === "" || name.startsWith("$") ? null : this.index(name)
      this.#byType.set(type, index)
    }
    return index
  }

  // What other applications keep under roots of their own is none of our business; in our collections it is.
  #isOurs(index: BagIndex, element: unknown): boolean {
    return typeof element === "string" || Object.hasOwn(this.schema.collections, index.name)
  }

  #root(name: string): ReturnType<typeof this.doc.getArray<string>> {
    try {
      return this.doc.getArray<string>(name)
    } catch (cause) {
      throw new MillraceError(
        `The document already has another kind of root named "${name}". Rename the collection or that root.`,
        { kind: "conflict", cause },
      )
    }
  }
}
