import { type Clock, MillraceError, type Random, systemClock, systemRandom } from "@millrace/ports"
import type { Doc, Transaction } from "yjs"
import type { Unreadable } from "./bag-index.ts"
import { BagStore } from "./bag-store.ts"
import type { RecordChange, RecordName, Touched } from "./change.ts"
import { Collection } from "./collection.ts"
import { type Orphan, orphansOf } from "./delete-rules.ts"
import { freshDocument } from "./generation.ts"
import { namedIn, type NamedRecords } from "./named-in.ts"
import type { FieldsOf, InputRecordOf, RecordOf, Schema } from "./schema.ts"
import { localOrigin } from "./origin.ts"
import { writtenVersion } from "./schema-version.ts"
import { seedRecords } from "./seed.ts"
import { Undo, type UndoOptions } from "./undo.ts"
import { Units } from "./unit.ts"
import { applyUnsent, type Known, type Unsent, type UnsentEdit, unsentSince } from "./unsent.ts"
import type { Reason } from "./validate.ts"
import { compareText, type PlainRecord } from "./value.ts"
import { bagAt } from "./yjs-bag.ts"

/** A collection with the types that the schema gives it; collections that it does not name hold plain records. */
export type CollectionOf<S extends Schema, N extends string> = N extends keyof S["collections"]
  ? Collection<RecordOf<S, N>, InputRecordOf<S, N>, FieldsOf<S, N>>
  : Collection

export interface RecordsOptions {
  readonly clock?: Clock
  readonly random?: Random
}

const open = new WeakSet<Doc>()

/**
 * Opens the records of a document: indexes what it holds and follows every transaction.
 *
 * Reads and writes work at once, before any network. One `Records` a document: open twice it throws `conflict`.
 */
export function openRecords<S extends Schema>(doc: Doc, schema: S, options: RecordsOptions = {}): Records<S> {
  if (open.has(doc)) {
    throw new MillraceError("The document's records are already open. Use the one there is, or destroy it first.", {
      kind: "conflict",
    })
  }
  const records = new Records(doc, schema, options)
  open.add(doc)
  return records
}

/** The records of one document; see `openRecords`. */
export class Records<S extends Schema = Schema> {
  readonly doc: Doc
  readonly schema: S
  readonly #store: BagStore
  readonly #collections = new Map<string, Collection<unknown>>()

  readonly #units: Units
  readonly #undos = new Set<Undo>()
  readonly #options: Required<RecordsOptions>

  /** @internal Use `openRecords`. */
  constructor(doc: Doc, schema: S, { clock = systemClock, random = systemRandom }: RecordsOptions) {
    this.#options = { clock, random }
    this.doc = doc
    this.schema = schema
    this.#store = new BagStore(doc, schema, clock, random)
    this.#units = new Units(this.#store, schema)
  }

  collection<N extends string>(name: N): CollectionOf<S, N> {
    let collection = this.#collections.get(name)
    if (collection === undefined) {
      if (name === "" || name.startsWith("$")) {
        throw new MillraceError(`"${name}" is no collection: names that start with "$" are the system's.`, {
          kind: "reserved",
        })
      }
      collection = new Collection<unknown>(this.#store, name)
      this.#collections.set(name, collection)
    }
    return collection as unknown as CollectionOf<S, N>
  }

  /** Names of the schema's collections and of all others that have entries, sorted. */
  collections(): readonly string[] {
    const names = new Set(Object.keys(this.schema.collections))
    for (const index of this.#store.indexes()) if (index.hasRecords) names.add(index.name)
    return [...names].sort(compareText)
  }

  /**
   * Runs `write` as one Yjs transaction: one update, one batch of changes. Reads within it see its own writes.
   *
   * Nothing is rolled back where `write` throws: what it wrote until then stays.
   */
  transact<T>(write: () => T, origin: unknown = localOrigin): T {
    return this.doc.transact(write, origin)
  }

  /** Canonical text of a record's fields, undefined where there is no record. */
  canonical(collection: string, id: string): string | undefined {
    return this.#store.index(collection).fold(id).canonical
  }

  /** Called once for each transaction that changed merged state. Returns the function that ends it. */
  onChange(listener: (changes: readonly RecordChange[]) => void): () => void {
    return this.#store.changes.add(listener)
  }

  /** Called once for each transaction that changed entries, before `onChange`; cheaper, as nothing is folded. */
  onTouched(listener: (touched: Touched) => void): () => void {
    return this.#store.touches.add(listener)
  }

  /** The records whose entries a transaction changed; answers from its observers on, and in the `update` event. */
  touchedIn(transaction: Transaction): readonly RecordName[] {
    return this.#store.touchedIn(transaction)
  }

  /**
   * The records that updates name which this document has already applied.
   *
   * A delete whose entry is neither in `updates` nor alive can no longer be traced to a record; such deletes are
   * counted.
   */
  namedIn(updates: Iterable<Uint8Array>): NamedRecords {
    return namedIn(
      updates,
      (id) => {
        const type = bagAt(this.doc, id)
        return type === undefined ? undefined : this.#store.collectionOf(type)
      },
      (id) => this.#store.texts.placeAt(this.doc, id),
    )
  }

  /** Why a record is not what the schema promises, by itself and within the units that it is of; empty where it is. */
  check(collection: string, id: string): readonly Reason[] {
    return [...this.collection(collection).check(id), ...this.#units.reasons({ collection, id })]
  }

  /** The records of the units that changes touched: what `check` says of any of them may be another now. */
  unitsTouchedBy(changes: readonly RecordChange[]): readonly RecordName[] {
    const roots = changes.flatMap((change) => this.#units.touchedBy(change))
    const byName = new Map(roots.map((root) => [JSON.stringify([root.collection, root.id]), root]))
    return [...byName.values()].flatMap((root) => this.#units.recordsOf(root))
  }

  /** Ids of the records whose `field` is exactly `key`, sorted; costs what it finds, not what the collection holds. */
  referring(collection: string, field: string, key: string): readonly string[] {
    return this.#store.fieldIndex(collection, field).idsOf(key)
  }

  /** Records that refer to records which do not exist: a cascade had not seen them, or they came before what they name. */
  orphans(): readonly Orphan[] {
    return orphansOf(this.#store)
  }

  /** Undo and redo of one's own writes from now on; one for each who can take back, destroyed with the records. */
  undo(options: UndoOptions = {}): Undo {
    const store = this.#store
    const stop = store.rootAdded.add((root) => undo.include(root))
    const undo: Undo = new Undo(this.doc, [...store.roots, store.texts.root], options, () => {
      stop()
      this.#undos.delete(undo)
    })
    this.#undos.add(undo)
    return undo
  }

  /**
   * Puts the records that an application starts with into a collection; every replica makes the same, at any time.
   *
   * What was seeded once does not come back when it was deleted. Records to add later are a call of their own. Returns
   * false where they are, or once were, in the document.
   */
  seed<N extends keyof S["collections"] & string>(
    name: N,
    rows: Readonly<Record<string, InputRecordOf<S, N>>>,
  ): boolean {
    return seedRecords(this.#store, name, rows as Readonly<Record<string, PlainRecord>>)
  }

  /** The highest schema version that has written here; above `schema.version` this client is an older one. */
  get writtenVersion(): number {
    return writtenVersion(this.doc)
  }

  /**
   * A new document with the present state and none of the past: the way to shed what deletes and edits leave behind.
   *
   * Each record is one creation, typed texts are strings again, concurrent edits and edits after a delete stay listed.
   * Documents of the old generation must not be merged with it: see `unsentSince` for what they have besides.
   */
  freshGeneration(): Doc {
    return freshDocument(this.#store, this.schema, this.#options)
  }

  /** What this document has and others do not; kept and exported when their document was replaced by a new one. */
  unsentSince(known: Known): Unsent {
    return unsentSince(this.#store, known)
  }

  /** Writes what another generation's document had unsent. Returns the edits whose record is gone here. */
  applyUnsent(unsent: Unsent): readonly UnsentEdit[] {
    return this.transact(() =>
      applyUnsent(this.#store, unsent, ({ collection, id }, fields) => {
        const records: Collection = this.collection<string>(collection) as unknown as Collection
        if (records.has(id)) records.update(id, fields)
        else records.put(id, fields)
      }),
    )
  }

  /** Elements in our collections that are no entries: kept in the document, listed here, never changed. */
  get unreadable(): readonly Unreadable[] {
    return [...this.#store.indexes()].flatMap((index) => [...index.unreadable()])
  }

  /** Stops following the document; idempotent. The document itself stays. */
  destroy(): void {
    for (const undo of this.#undos) undo.destroy()
    this.#store.destroy()
    open.delete(this.doc)
  }
}
