import type { Clock, Random } from "@millrace/ports"
import { MillraceError, randomId } from "@millrace/ports"
import type { Doc, Text as YText, Transaction } from "yjs"
import { BagIndex } from "./bag-index.ts"
import { Batch, type RecordChange, type RecordName, type Touched } from "./change.ts"
import { localOrigin, seedOrigin } from "./origin.ts"
import { recordVersion } from "./schema-version.ts"
import { type RefRule, refRulesOf } from "./delete-rules.ts"
import { Listeners } from "./listeners.ts"
import { migrationOf } from "./migrate.ts"
import type { WritePlan } from "./plan-parts.ts"
import type { IndexSchema, Schema } from "./schema.ts"
import { SecondaryIndex } from "./secondary-index.ts"
import { makeSay, type TextPlace, TextStore } from "./text-store.ts"
import { getOwn } from "./value.ts"
import {
  type BagType,
  eachAdded,
  eachElement,
  eachRemoved,
  mayBeBag,
  putElement,
  putSeed,
  removeElement,
  rootName,
  type Run,
} from "./yjs-bag.ts"

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
  readonly texts: TextStore
  /** After a transaction whose records were followed; see `BagIndex.followers`. */
  readonly settled: Listeners<void> = new Listeners()
  readonly refRules: readonly RefRule[]
  /** Hears of each bag before it is written to for the first time. */
  readonly rootAdded: Listeners<object> = new Listeners()
  readonly #clock: Clock
  readonly #random: Random
  readonly #indexes = new Map<string, BagIndex>()
  /** Null for types that are no bags of ours. Yjs may replace a root's object, so names are looked up again then. */
  readonly #byType = new WeakMap<BagType, BagIndex | null>()
  readonly #batches = new WeakMap<Transaction, Batch>()
  readonly #runs = new Map<string, Run>()
  readonly #roots = new Map<string, object>()
  readonly #secondary = new Map<string, SecondaryIndex>()
  readonly #sources = new Map<number, { readonly client: number }>()

  constructor(doc: Doc, schema: Schema, clock: Clock, random: Random) {
    this.doc = doc
    this.schema = schema
    this.#clock = clock
    this.#random = random
    this.texts = new TextStore(doc)
    this.refRules = refRulesOf(schema)
    for (const name of Object.keys(schema.collections)) {
      this.#root(name)
      this.index(name)
    }
    for (const type of doc.share.values()) {
      const index = this.#indexOf(type)
      if (index !== null) {
        eachElement(type, (_, source, clock, element) => {
          if (this.#isOurs(index, element)) index.add(this.#sourceOf(source.client), clock, element)
        })
      }
    }
    for (const [{ collection, id, name }, text] of this.texts.all()) this.index(collection).setText(id, name, text)
    doc.on("beforeObserverCalls", this.#onMerged)
    doc.on("afterTransaction", this.#onSettled)
  }

  index(name: string): BagIndex {
    let index = this.#indexes.get(name)
    if (index === undefined) {
      const fields = getOwn(this.schema.collections, name)?.fields
      index = new BagIndex(name, {
        kindOf: (field) => (fields === undefined ? undefined : getOwn(fields, field)?.kind),
        migrate: migrationOf(this.schema, name),
      })
      this.#indexes.set(name, index)
    }
    return index
  }

  indexes(): Iterable<BagIndex> {
    return this.#indexes.values()
  }

  /** An index that the schema declares; made when it is first asked for. */
  declaredIndex(collection: string, name: string): SecondaryIndex {
    const declared = getOwn(getOwn(this.schema.collections, collection)?.indexes ?? {}, name)
    if (declared !== undefined) return this.#secondaryIndex(collection, declared)
    throw new MillraceError(`The schema declares no index "${name}" of "${collection}".`, { kind: "unsupported" })
  }

  fieldIndex(collection: string, field: string): SecondaryIndex {
    return this.#secondaryIndex(collection, { on: field })
  }

  /** Base 36 of the time, padded so that nonces sort by it, then chance. */
  nonce(): string {
    return this.#clock.nowMs().toString(36).padStart(9, "0") + randomId(this.#random, 8)
  }

  /** As `nonce`, shorter: unique with what it stands beside. */
  runId(): string {
    return randomId(this.#random, 6)
  }

  /** Carries a plan out in one transaction, or in the one that is open. Returns whether there was anything to do. */
  write(name: string, id: string, plan: WritePlan): boolean {
    const steps = plan.texts ?? []
    if (plan.append.length === 0 && plan.supersede.length === 0 && steps.length === 0) return false
    const bag = this.#root(name)
    const index = this.index(name)
    this.doc.transact((transaction) => {
      recordVersion(transaction, this.schema.version)
      const before = index.stateOf(id)
      for (const entry of plan.supersede) {
        removeElement(transaction, entry)
        index.remove(entry.client, entry.clock, entry.text)
      }
      for (const text of plan.append) {
        const run = putElement(transaction, bag, text, this.#runs.get(name))
        this.#runs.set(name, run)
        index.add(this.#sourceOf(run.last.client), run.last.clock, text)
      }
      for (const step of steps) {
        const text = this.texts.open(transaction, { collection: name, id, name: step.name }, step.first)
        makeSay(text, step.value)
        index.setText(id, step.name, text.toJSON())
      }
      this.#batchOf(transaction).note(index, id, before, index.stateOf(id))
    }, localOrigin)
    return true
  }

  /** The text at a place, made from its first content where nobody typed yet. */
  openText(place: TextPlace, first: string): YText {
    const found = this.texts.get(place)
    if (found !== undefined) return found
    return this.doc.transact((transaction) => {
      const text = this.texts.open(transaction, place, first)
      const index = this.index(place.collection)
      const before = index.stateOf(place.id)
      index.setText(place.id, place.name, text.toJSON())
      this.#batchOf(transaction).note(index, place.id, before, index.stateOf(place.id))
      return text
    }, seedOrigin)
  }

  /** Puts creations in that every replica makes alike. Returns false where they are, or once were, in the document. */
  seed(name: string, client: number, entries: readonly string[]): boolean {
    return this.doc.transact((transaction) => {
      if (!putSeed(transaction, this.#root(name), client, entries)) return false
      const index = this.index(name)
      entries.forEach((text, clock) => {
        const id = index.idOf(text) ?? ""
        const before = index.stateOf(id)
        index.add(this.#sourceOf(client), clock, text)
        this.#batchOf(transaction).note(index, id, before, index.stateOf(id))
      })
      return true
    }, seedOrigin)
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
    this.settled.clear()
    this.rootAdded.clear()
  }

  #sourceOf(client: number): { readonly client: number } {
    let source = this.#sources.get(client)
    if (source === undefined) this.#sources.set(client, (source = { client }))
    return source
  }

  readonly #onMerged = (transaction: Transaction): void => {
    eachAdded(transaction, (type, source, clock, element) => {
      this.#follow(transaction, type, element, (index) => index.add(this.#sourceOf(source.client), clock, element))
    })
    eachRemoved(transaction, (type, source, clock, element) => {
      this.#follow(transaction, type, element, (index) => index.remove(source.client, clock, element))
    })
    for (const [{ collection, id, name }, text] of this.texts.changedIn(transaction)) {
      const index = this.index(collection)
      const before = index.stateOf(id)
      if (index.setText(id, name, text)) this.#batchOf(transaction).note(index, id, before, index.stateOf(id))
    }
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
    errors.push(...this.settled.emit())
    if (errors.length > 0) throw errors[0]
  }

  #secondaryIndex(collection: string, declared: IndexSchema): SecondaryIndex {
    const key = JSON.stringify([collection, declared.on, declared.multiEntry ?? false])
    let index = this.#secondary.get(key)
    if (index === undefined) this.#secondary.set(key, (index = new SecondaryIndex(this.index(collection), declared)))
    return index
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

  /** The bags that may be written to. */
  get roots(): Iterable<object> {
    return this.#roots.values()
  }

  #root(name: string): ReturnType<typeof this.doc.getArray<string>> {
    try {
      const root = this.doc.getArray<string>(name)
      if (!this.#roots.has(name)) {
        this.#roots.set(name, root)
        this.rootAdded.emit(root)
      }
      return root
    } catch (cause) {
      throw new MillraceError(
        `The document already has another kind of root named "${name}". Rename the collection or that root.`,
        { kind: "conflict", cause },
      )
    }
  }
}
