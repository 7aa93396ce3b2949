import type { Text } from "yjs"
import type { BagStore } from "./bag-store.ts"
import { sameValue } from "./canonical.ts"
import type { RecordName } from "./change.ts"
import {
  type Candidate,
  concurrentEdits,
  type ConcurrentEdit,
  type EditAfterDelete,
  editsAfterDelete,
  type Place,
} from "./conflicts.ts"
import { deletedWith, referrersOf } from "./delete-rules.ts"
import { MapHandle, SetHandle } from "./element-handles.ts"
import { compareKeys, type Key } from "./key.ts"
import { ListHandle } from "./list-handle.ts"
import { LiveQuery, type Query } from "./live-query.ts"
import { localOrigin } from "./origin.ts"
import { planCreate, planDelete, planEdits } from "./plan.ts"
import { RecordWriter } from "./record-writer.ts"
import { planDiscard, planRestore } from "./restore.ts"
import type { CollectionSchema, Fields, ItemInputOf, ItemOf, NamesOf } from "./schema.ts"
import { planChoice, planSettle } from "./settle.ts"
import { reasonsAgainst, type Reason, validField, validRecord } from "./validate.ts"
import { getOwn, type PlainRecord } from "./value.ts"

/** What `update` takes: fields by name, `undefined` to remove one. */
export type Patch<I> = { readonly [K in keyof I]?: I[K] | undefined }

/**
 * Records of one kind, by id. `R` is what is read, `I` what is written, `F` the schema's fields.
 *
 * Writes take effect at once and are their own Yjs transaction unless one is open. They return whether anything was
 * written: what is already so costs nothing. A write that is refused writes nothing.
 *
 * @throws MillraceError `invalid` where a value fails its validator or cannot be stored, `too-large` where it does not
 *   fit into one entry.
 */
export class Collection<R = PlainRecord, I = R, F extends Fields = Fields> {
  readonly name: string
  readonly #store: BagStore
  readonly #writer: RecordWriter
  /** Undefined for a collection that the schema does not name: anything that can be stored may be written. */
  readonly #schema: CollectionSchema | undefined
  readonly #newRun = (): string => this.#store.runId()

  constructor(store: BagStore, name: string) {
    this.name = name
    this.#store = store
    this.#writer = new RecordWriter(store, name)
    this.#schema = getOwn(store.schema.collections, name)
  }

  /**
   * Makes the record what is given: creates it, or writes the fields that differ and removes those that are missing.
   *
   * Sets and maps are written element by element, lists by what was inserted, moved, changed and removed, texts letter
   * by letter. Fields that the schema does not name stay as they are: an older client never removes what a newer one
   * wrote.
   */
  put(id: string, record: I): boolean {
    const folded = this.#writer.fold(id)
    const given = record as Readonly<Record<string, unknown>>
    const where = [this.name, id] as const
    const fields =
      this.#schema === undefined
        ? new Map(Object.entries(given).filter(([, value]) => value !== undefined))
        : validRecord(where, this.#schema, given, folded.record)
    if (folded.record === undefined) {
      const plan = planCreate(
        id,
        this.#store.nonce(),
        fields,
        this.#store.index(this.name).reading.kindOf,
        this.#newRun,
      )
      return this.#store.write(this.name, id, plan)
    }
    const known = this.#schema?.fields ?? folded.record
    const missing = Object.keys(known).filter((field) => !fields.has(field))
    return this.#edit(id, folded.record, [...fields, ...missing.map((field) => [field, undefined] as const)])
  }

  /** Throws what `put` would throw of this record as a new one; writes nothing. */
  checkPut(id: string, record: I): void {
    const given = record as Readonly<Record<string, unknown>>
    const fields =
      this.#schema === undefined
        ? given
        : validRecord([this.name, id], this.#schema, given, this.#writer.fold(id).record)
    const entries = fields instanceof Map ? fields : new Map(Object.entries(fields))
    planCreate(id, this.#store.nonce(), entries, this.#store.index(this.name).reading.kindOf, this.#newRun)
  }

  /**
   * Writes the named fields that differ; `undefined` removes a field.
   *
   * @throws MillraceError also `not-found` where there is no such record.
   */
  update(id: string, patch: Patch<I>): boolean {
    const record = this.#writer.existing(id).record ?? {}
    const valid = Object.entries(patch).map(([field, value]) => [field, this.#valid(id, field, value, record)] as const)
    return this.#edit(id, record, valid)
  }

  /** Removes one field; only optional fields can be removed. */
  removeField(id: string, field: string & keyof I): boolean {
    const patch: Record<string, undefined> = {}
    Object.defineProperty(patch, field, { value: undefined, enumerable: true })
    return this.update(id, patch as Patch<I>)
  }

  /**
   * Deletes what this replica has seen of the record; a concurrent write elsewhere survives.
   *
   * Records that refer to it by a field with `onDelete: "cascade"` go with it, in one transaction.
   *
   * @throws MillraceError `conflict`, and deletes nothing, where one refers to it by a field with `"restrict"`.
   */
  delete(id: string): boolean {
    if (!this.#store.refRules.some(({ to }) => to === this.name)) {
      return this.#store.write(this.name, id, planDelete(this.#writer.fold(id)))
    }
    const going = this.has(id) ? deletedWith(this.#store, { collection: this.name, id }) : []
    return this.#store.doc.transact(() => {
      const store = this.#store
      const wrote = going.map((each) =>
        store.write(each.collection, each.id, planDelete(store.index(each.collection).fold(each.id))),
      )
      return wrote.includes(true)
    }, localOrigin)
  }

  /** The record, frozen; the same object until it changes, as long as somebody holds it. */
  get(id: string): R | undefined {
    return this.#writer.fold(id).record as R | undefined
  }

  /** The record as its entries have it, before the schema's migrations: old fields included. */
  raw(id: string): PlainRecord | undefined {
    return this.#writer.fold(id).raw
  }

  has(id: string): boolean {
    return this.#writer.fold(id).record !== undefined
  }

  /** Ids of all records, in no order. */
  ids(): Iterable<string> {
    return this.#store.index(this.name).ids()
  }

  /** Ids of all that has entries: also of deleted records with edits after the delete. */
  everyId(): Iterable<string> {
    return this.#store.index(this.name).everyId()
  }

  get size(): number {
    return this.#store.index(this.name).size
  }

  /** All records as they are now, in no order; later changes do not show. */
  all(): ReadonlyMap<string, R> {
    const all = new Map<string, R>()
    for (const id of this.ids()) all.set(id, this.#writer.fold(id).record as R)
    return all
  }

  /** A result that follows the collection; see `LiveQuery`. */
  query(query: Query<R> = {}): LiveQuery<R> {
    return new LiveQuery<R>(this.#store, this.name, query)
  }

  /** A set of a record, to add to and remove from. */
  set<N extends NamesOf<F, "set">>(id: string, field: N): SetHandle<ItemOf<F[N]> & string> {
    return new SetHandle(this.#writer, id, field, "set")
  }

  /** A map of a record, to write key by key. */
  map<N extends NamesOf<F, "map">>(id: string, field: N): MapHandle<ItemOf<F[N]>, ItemInputOf<F[N]>> {
    return new MapHandle(this.#writer, id, field, "map")
  }

  /** A list of a record, to insert into, move, change and remove. */
  list<N extends NamesOf<F, "list">>(id: string, field: N): ListHandle<ItemOf<F[N]>, ItemInputOf<F[N]>> {
    return new ListHandle(this.#writer, id, field, "list")
  }

  /**
   * The shared text of a field, for an editor to bind to. Call it at the first keystroke, show the string before that.
   *
   * It is made where nobody typed yet, at every replica the same. Stays the live one while the record lives, unless
   * `settle` chose between two.
   */
  text<N extends NamesOf<F, "text">>(id: string, field: N): Text {
    this.#writer.field(field, "text")
    return this.#writer.text(id, field)
  }

  /** The shared text of a field where somebody has typed; undefined where it is a string still. */
  typedText<N extends NamesOf<F, "text">>(id: string, field: N): Text | undefined {
    this.#writer.field(field, "text")
    return this.#writer.typedText(id, field)
  }

  /** Canonical text of the record's fields, undefined where there is no record. */
  canonical(id: string): string | undefined {
    return this.#writer.fold(id).canonical
  }

  /** Why the merged record is not what the schema promises; empty where it is, or where there is no record. */
  check(id: string): readonly Reason[] {
    const { record } = this.#writer.fold(id)
    if (record === undefined || this.#schema === undefined) return []
    return reasonsAgainst(this.#schema, record, (name, each) => this.#store.index(name).fold(each).record !== undefined)
  }

  /** Records that refer to this one, as far as this replica has seen. */
  referrers(id: string): readonly RecordName[] {
    return referrersOf(this.#store, { collection: this.name, id }).map(({ collection, id: from }) => ({
      collection,
      id: from,
    }))
  }

  /** Records that share a key in a declared index, by key; a `unique` one should have none. */
  duplicates(index: string): readonly { readonly key: Key; readonly ids: readonly string[] }[] {
    const groups: { readonly key: Key; readonly ids: string[] }[] = []
    for (const { key, id } of this.#store.declaredIndex(this.name, index).range()) {
      const last = groups.at(-1)
      if (last !== undefined && compareKeys(last.key, key) === 0) last.ids.push(id)
      else groups.push({ key, ids: [id] })
    }
    return groups.filter(({ ids }) => ids.length > 1)
  }

  /** Places where concurrent writes differ, the one in force first. Gone with the next write to the place. */
  concurrent(id: string): readonly ConcurrentEdit[] {
    return concurrentEdits(this.#writer.fold(id))
  }

  /** Writes the field's present value again, so that it supersedes the concurrent ones that were seen. */
  settle(id: string, field: string & keyof I): boolean {
    return this.#writer.write(id, (folded) => planSettle(id, folded, field))
  }

  /** Puts one candidate of a concurrent edit in force, and so ends the dispute. */
  choose(id: string, place: Place, candidate: Pick<Candidate, "value">): boolean {
    return this.#writer.write(id, (folded) => planChoice(id, folded, place, candidate))
  }

  /** Writes that came after a delete that their writers had not seen: in force nowhere until restored. */
  editsAfterDelete(id: string): readonly EditAfterDelete[] {
    return editsAfterDelete(this.#writer.fold(id))
  }

  /**
   * Puts edits after a delete in force again: those given, or all that this replica has seen.
   *
   * On a record that was made anew they are ordinary writes. Where there is no record they make one of their fields
   * alone; `check` tells what it lacks. Values are not validated again.
   */
  restoreEditsAfterDelete(id: string, edits?: readonly EditAfterDelete[]): boolean {
    const plan = planRestore(id, this.#writer.fold(id), this.#store.nonce(), this.#newRun, edits)
    return this.#store.write(this.name, id, plan)
  }

  /** Drops edits after a delete: those given, or all that this replica has seen. */
  discardEditsAfterDelete(id: string, edits?: readonly EditAfterDelete[]): boolean {
    return this.#store.write(this.name, id, planDiscard(this.#writer.fold(id), edits))
  }

  #edit(id: string, record: PlainRecord, fields: readonly (readonly [string, unknown])[]): boolean {
    const differing = fields.filter(([field, value]) => !sameValue(value, getOwn(record, field)))
    if (differing.length === 0) return false
    return this.#writer.write(id, (folded) => planEdits(id, folded, differing, this.#newRun))
  }

  #valid(id: string, field: string, value: unknown, current: PlainRecord): unknown {
    if (this.#schema === undefined) return value
    return validField([this.name, id], this.#schema, field, value, current)
  }
}
