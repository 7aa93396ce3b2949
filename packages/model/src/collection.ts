import { MillraceError } from "@millrace/ports"
import type { BagStore } from "./bag-store.ts"
import { concurrentEdits, type ConcurrentEdit, type EditAfterDelete, editsAfterDelete, type Folded } from "./fold.ts"
import { planCreate, planDelete, planDiscard, planEdit, planEdits } from "./plan.ts"
import type { CollectionSchema } from "./schema.ts"
import { reasonsAgainst, type Reason, validField, validRecord } from "./validate.ts"
import { getOwn, type PlainRecord } from "./value.ts"

/** What `update` takes: fields by name, `undefined` to remove one. */
export type Patch<I> = { readonly [K in keyof I]?: I[K] | undefined }

/**
 * Records of one kind, by id. `R` is what is read, `I` what is written.
 *
 * Writes take effect at once and are their own Yjs transaction unless one is open. They return whether anything was
 * written: what is already so costs nothing. A write that is refused writes nothing.
 *
 * @throws MillraceError `invalid` where a value fails its validator or cannot be stored, `too-large` where it does not
 *   fit into one entry.
 */
export class Collection<R = PlainRecord, I = R> {
  readonly name: string
  readonly #store: BagStore
  /** Undefined for a collection that the schema does not name: anything that can be stored may be written. */
  readonly #schema: CollectionSchema | undefined

  constructor(store: BagStore, name: string) {
    this.name = name
    this.#store = store
    this.#schema = getOwn(store.schema.collections, name)
  }

  /**
   * Makes the record what is given: creates it, or writes the fields that differ and removes those that are missing.
   *
   * Fields that the schema does not name stay as they are: an older client never removes what a newer one wrote.
   */
  put(id: string, record: I): boolean {
    const folded = this.#fold(id)
    const given = record as Readonly<Record<string, unknown>>
    const where = [this.name, id] as const
    const fields =
      this.#schema === undefined
        ? new Map(Object.entries(given).filter(([, value]) => value !== undefined))
        : validRecord(where, this.#schema, given, folded.record)
    if (folded.record === undefined)
      return this.#store.write(this.name, id, planCreate(id, this.#store.nonce(), fields))
    const known = this.#schema?.fields ?? folded.record
    const missing = Object.keys(known).filter((field) => !fields.has(field))
    const edits = [...fields, ...missing.map((field) => [field, undefined] as const)]
    return this.#store.write(this.name, id, planEdits(id, folded, edits))
  }

  /**
   * Writes the named fields that differ; `undefined` removes a field.
   *
   * @throws MillraceError also `not-found` where there is no such record.
   */
  update(id: string, patch: Patch<I>): boolean {
    const folded = this.#existing(id)
    const edits = Object.entries(patch).map(
      ([field, value]) => [field, this.#valid(id, field, value, folded.record)] as const,
    )
    return this.#store.write(this.name, id, planEdits(id, folded, edits))
  }

  /** Removes one field; only optional fields can be removed. */
  removeField(id: string, field: string & keyof I): boolean {
    const patch: Record<string, undefined> = {}
    Object.defineProperty(patch, field, { value: undefined, enumerable: true })
    return this.update(id, patch as Patch<I>)
  }

  /** Deletes what this replica has seen of the record; a concurrent write elsewhere survives. */
  delete(id: string): boolean {
    return this.#store.write(this.name, id, planDelete(this.#fold(id)))
  }

  /** The record, frozen; the same object until it changes, as long as somebody holds it. */
  get(id: string): R | undefined {
    return this.#fold(id).record as R | undefined
  }

  has(id: string): boolean {
    return this.#fold(id).record !== undefined
  }

  /** Ids of all records, in no order. */
  ids(): Iterable<string> {
    return this.#store.index(this.name).existing()
  }

  get size(): number {
    return this.#store.index(this.name).existing().size
  }

  /** All records as they are now, in no order; later changes do not show. */
  all(): ReadonlyMap<string, R> {
    const all = new Map<string, R>()
    for (const id of this.ids()) all.set(id, this.#fold(id).record as R)
    return all
  }

  /** Canonical text of the record's fields, undefined where there is no record. */
  canonical(id: string): string | undefined {
    return this.#fold(id).canonical
  }

  /** Why the merged record is not what the schema promises; empty where it is, or where there is no record. */
  check(id: string): readonly Reason[] {
    const { record } = this.#fold(id)
    return record === undefined || this.#schema === undefined ? [] : reasonsAgainst(this.#schema, record)
  }

  /** Places where concurrent writes differ, the one in force first. Gone with the next write to the place. */
  concurrent(id: string): readonly ConcurrentEdit[] {
    return concurrentEdits(this.#fold(id))
  }

  /** Writes the field's present value again, so that it supersedes the concurrent ones that were seen. */
  settle(id: string, field: string & keyof I): boolean {
    const folded = this.#existing(id)
    if (!concurrentEdits(folded).some((edit) => edit.field === field)) return false
    return this.#store.write(this.name, id, planEdit(id, folded, field, getOwn(folded.record ?? {}, field)))
  }

  /** Writes that came after a delete that their writers had not seen: in force nowhere until restored. */
  editsAfterDelete(id: string): readonly EditAfterDelete[] {
    return editsAfterDelete(this.#fold(id))
  }

  /** Drops the edits after a delete that this replica has seen. */
  discardEditsAfterDelete(id: string): boolean {
    return this.#store.write(this.name, id, planDiscard(this.#fold(id)))
  }

  #fold(id: string): Folded {
    return this.#store.index(this.name).fold(id)
  }

  #existing(id: string): Folded {
    const folded = this.#fold(id)
    if (folded.record !== undefined) return folded
    throw new MillraceError(`There is no record "${id}" in "${this.name}". Create it with put.`, { kind: "not-found" })
  }

  #valid(id: string, field: string, value: unknown, current: PlainRecord | undefined): unknown {
    if (this.#schema === undefined) return value
    return validField([this.name, id], this.#schema, field, value, current)
  }
}
