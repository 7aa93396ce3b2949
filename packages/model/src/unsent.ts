import { applyUpdate, decodeStateVector, Doc, encodeStateVectorFromUpdate } from "yjs"
import { MillraceError, systemClock, systemRandom } from "@millrace/ports"
import { BagStore } from "./bag-store.ts"
import type { RecordName } from "./change.ts"
import type { EditEntry } from "./entry.ts"
import { planBack } from "./restore.ts"
import type { PlainRecord, Value } from "./value.ts"
import { hasLivingBeyond } from "./yjs-bag.ts"

/** What others have: a whole state, or its state vector alone, by which deletes cannot be named. */
export type Known = { readonly state: Uint8Array } | { readonly stateVector: Uint8Array }

export interface UnsentEdit extends RecordName {
  readonly field: string
  readonly element: string | null
  readonly part: "value" | "position"
  /** Missing where the edit removes. */
  readonly value?: Value
}

/** Writes that a document has and others do not, as data: put it into a file with `canonicalJson`. */
export interface Unsent {
  readonly form: 1
  /** Records that others never had, as they are now. */
  readonly created: readonly (RecordName & { readonly record: PlainRecord })[]
  readonly edits: readonly UnsentEdit[]
  /** Texts that somebody typed into, as they are now. */
  readonly texts: readonly (RecordName & { readonly field: string; readonly value: string })[]
  readonly deleted: readonly RecordName[]
}

/** Lists what a document has beyond what others have: what would be lost with it. */
export function unsentSince(store: BagStore, known: Known): Unsent {
  const vector = decodeStateVector("state" in known ? encodeStateVectorFromUpdate(known.state) : known.stateVector)
  const created: (RecordName & { readonly record: PlainRecord })[] = []
  const edits: UnsentEdit[] = []
  const isUnsent = ({ client, clock }: { readonly client: number; readonly clock: number }): boolean =>
    clock >= (vector.get(client) ?? 0)
  for (const index of store.indexes()) {
    const collection = index.name
    for (const id of index.everyId()) {
      const { entries } = index.stateOf(id)
      const unsent = entries.filter(isUnsent)
      if (unsent.length === 0) continue
      const { record, creations } = index.fold(id)
      const isNew = creations.length > 0 && creations.every(({ at }) => isUnsent(at))
      if (isNew && record !== undefined) created.push({ collection, id, record })
      for (const at of unsent) {
        const entry = at.read()
        if (entry?.kind !== "edit" || isNew) continue
        const { field, element, part, value } = entry
        edits.push({ collection, id, field, element, part, ...(value === undefined ? {} : { value }) })
      }
    }
  }
  return { form: 1, created, edits, texts: unsentTexts(store, vector), deleted: deletedSince(store, known) }
}

/** Writes fields of a record, and makes it where it is missing; throws where they are refused. */
export type WriteFields = (name: RecordName, fields: PlainRecord) => void

/**
 * Writes unsent edits to another document, such as a new generation: as ordinary writes of its present state.
 *
 * Returns those that it could not, because their record is gone or the schema refuses them. Deletes are not repeated:
 * what was deleted may have been edited since, so people decide.
 */
export function applyUnsent(store: BagStore, unsent: Unsent, write: WriteFields): readonly UnsentEdit[] {
  const left: UnsentEdit[] = []
  const writeOrKeep = (name: RecordName, fields: PlainRecord): void => {
    try {
      write(name, fields)
    } catch (thrown) {
      if (!(thrown instanceof MillraceError)) throw thrown
      for (const [field, value] of Object.entries(fields))
        left.push({ ...name, field, element: null, part: "value", value })
    }
  }
  for (const { collection, id, record } of unsent.created) writeOrKeep({ collection, id }, record)
  for (const edit of unsent.edits) {
    const { collection, id } = edit
    const folded = store.index(collection).fold(id)
    if (folded.record === undefined) left.push(edit)
    else {
      const entry: EditEntry = { kind: "edit", tags: [], stamp: 1, value: undefined, ...edit }
      store.write(
        collection,
        id,
        planBack(id, folded, edit.field, [{ entry }], () => store.runId()),
      )
    }
  }
  for (const { collection, id, field, value } of unsent.texts) {
    const isThere = store.index(collection).fold(id).record !== undefined
    if (isThere) writeOrKeep({ collection, id }, { [field]: value })
    else left.push({ collection, id, field, element: null, part: "value", value })
  }
  return left
}

function unsentTexts(store: BagStore, vector: ReadonlyMap<number, number>): Unsent["texts"] {
  return [...store.texts.all()].flatMap(([place, value]) => {
    const text = store.texts.get(place)
    if (text === undefined || !hasLivingBeyond(text, vector)) return []
    const [, field = ""] = JSON.parse(place.name) as readonly string[]
    return [{ collection: place.collection, id: place.id, field, value }]
  })
}

function deletedSince(store: BagStore, known: Known): readonly RecordName[] {
  if (!("state" in known)) return []
  const doc = new Doc()
  applyUpdate(doc, known.state, "known")
  const theirs = new BagStore(doc, store.schema, systemClock, systemRandom)
  try {
    return [...theirs.indexes()].flatMap(({ name }) =>
      [...theirs.index(name).ids()].flatMap((id) =>
        store.index(name).fold(id).record === undefined ? [{ collection: name, id }] : [],
      ),
    )
  } finally {
    theirs.destroy()
  }
}
