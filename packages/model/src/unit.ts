import type { BagStore } from "./bag-store.ts"
import type { RecordChange, RecordName } from "./change.ts"
import type { Schema } from "./schema.ts"
import type { Reason } from "./validate.ts"
import { getOwn, type PlainRecord } from "./value.ts"

/** How a unit's judge reads records. */
export interface UnitReader {
  get(collection: string, id: string): PlainRecord | undefined
  /** Ids of the records whose `field` is exactly `key`, sorted. */
  referring(collection: string, field: string, key: string): readonly string[]
}

export interface UnitReason extends RecordName, Reason {}

/**
 * Records that make a whole: one of collection `root`, and members that name it in a field.
 *
 * Each record may be right by itself and the whole wrong, as merges leave it. `judge` is pure, never throws, and names
 * the record that must be changed.
 */
export interface UnitSchema {
  readonly root: string
  /** Field that names the root, by collection. */
  readonly members: Readonly<Record<string, string>>
  readonly judge: (reader: UnitReader, id: string) => readonly UnitReason[]
}

/** The units of a document's records, judged when they are asked for and not again until one of their records changes. */
export class Units {
  readonly #store: BagStore
  readonly #units: readonly UnitSchema[]
  readonly #reader: UnitReader
  readonly #judged = new Map<string, readonly UnitReason[]>()

  constructor(store: BagStore, schema: Schema) {
    this.#store = store
    this.#units = schema.units ?? []
    this.#reader = {
      get: (collection, id) => store.index(collection).fold(id).record,
      referring: (collection, field, key) => store.fieldIndex(collection, field).idsOf(key),
    }
    // Judging reads other records too, such as those that are referred to: any change may matter.
    if (this.#units.length > 0) store.touches.add(() => this.#judged.clear())
  }

  /** What the unit's judge says against this record; against a root, also that something is wrong with its members. */
  reasons({ collection, id }: RecordName): readonly Reason[] {
    const found: Reason[] = []
    for (const root of this.rootsOf(collection, this.#reader.get(collection, id), id)) {
      const all = this.#judge(root)
      const own = all.filter((each) => each.collection === collection && each.id === id)
      found.push(...own.map(({ field, reason }) => ({ field, reason })))
      const [other, ...more] = all.filter((each) => !own.includes(each))
      if (root.collection !== collection || root.id !== id || other === undefined) continue
      const rest = more.length === 0 ? "" : ` (and ${more.length} more)`
      found.push({ field: other.collection, reason: `"${other.id}", ${other.field}: ${other.reason}${rest}` })
    }
    return found
  }

  /** The roots of the units that a record is of. */
  rootsOf(collection: string, record: PlainRecord | undefined, id: string): readonly RecordName[] {
    const roots: RecordName[] = []
    for (const { root, members } of this.#units) {
      if (collection === root) roots.push({ collection, id })
      const field = getOwn(members, collection)
      const named = field === undefined ? undefined : getOwn(record ?? {}, field)
      if (typeof named === "string") roots.push({ collection: root, id: named })
    }
    return roots
  }

  /** The roots whose units a change touched, as they were before it and as they are now. */
  touchedBy({ collection, id, before, after }: RecordChange): readonly RecordName[] {
    return [...this.rootsOf(collection, before, id), ...this.rootsOf(collection, after, id)]
  }

  /** Root and members, as far as they exist. */
  recordsOf({ collection, id }: RecordName): readonly RecordName[] {
    const names: RecordName[] = this.#store.index(collection).fold(id).record === undefined ? [] : [{ collection, id }]
    for (const { root, members } of this.#units) {
      if (root !== collection) continue
      for (const [member, field] of Object.entries(members)) {
        for (const each of this.#reader.referring(member, field, id)) names.push({ collection: member, id: each })
      }
    }
    return names
  }

  #judge(root: RecordName): readonly UnitReason[] {
    const key = JSON.stringify([root.collection, root.id])
    let reasons = this.#judged.get(key)
    if (reasons === undefined) {
      const units = this.#units.filter((unit) => unit.root === root.collection)
      reasons = units.flatMap((unit) => [...unit.judge(this.#reader, root.id)])
      this.#judged.set(key, reasons)
    }
    return reasons
  }
}
