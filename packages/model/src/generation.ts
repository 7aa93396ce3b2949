import { type Clock, type Random, systemRandom } from "@millrace/ports"
import { Doc } from "yjs"
import { BagStore } from "./bag-store.ts"
import { redrawReservedClientId } from "./client-id.ts"
import { type ConcurrentEdit, concurrentEdits, livingEntries } from "./conflicts.ts"
import { editText } from "./plan-parts.ts"
import { encodeCreate, encodeEdit } from "./entry.ts"
import { type Folded, noEdits } from "./fold.ts"
import { type Present, presentElements, storedElements } from "./fold-elements.ts"
import { textsAfterDelete } from "./fold-text.ts"
import { localOrigin } from "./origin.ts"
import { nameOf } from "./position.ts"
import { type ElementKind, isElementKind, type Schema } from "./schema.ts"
import { setOwn, type Value } from "./value.ts"

/** Characters of entries that one transaction of a new document has at most, give or take an entry. */
const maxTransactionChars = 200_000

export interface FreshOptions {
  readonly clock: Clock
  readonly random?: Random
}

/**
 * A document with the present state of another and none of its past.
 *
 * Each record is one creation again; what was typed into texts is in it as a string. Concurrent edits and edits after
 * a delete stay listed, under the new document's client id. Elements that are no entries, and roots that are not ours,
 * are left behind.
 */
export function freshDocument(from: BagStore, schema: Schema, { clock, random = systemRandom }: FreshOptions): Doc {
  const doc = new Doc()
  redrawReservedClientId(doc, random)
  const store = new BagStore(doc, schema, clock, random)
  try {
    for (const index of from.indexes()) {
      let pending: (readonly [string, readonly string[]])[] = []
      let chars = 0
      const flush = (): void => {
        doc.transact(() => {
          for (const [id, append] of pending) store.write(index.name, id, { append, supersede: [] })
        }, localOrigin)
        pending = []
        chars = 0
      }
      for (const id of index.everyId()) {
        const entries = entriesOf(id, index.fold(id))
        pending.push([id, entries])
        chars += entries.reduce((sum, { length }) => sum + length, 0)
        if (chars > maxTransactionChars) flush()
      }
      flush()
    }
  } finally {
    store.destroy()
  }
  return doc
}

/** The fewest entries that fold to the same record with the same lists beside it. */
function entriesOf(id: string, folded: Folded): readonly string[] {
  const orphans = folded.orphans.map(({ entry }) => encodeEdit(entry))
  // A text that outlived its record becomes an edit of the field: its source is no creation's nonce any more.
  const typed = textsAfterDelete(livingEntries(folded), folded.texts).map(({ name, field, value }) => {
    const [source = ""] = JSON.parse(name) as readonly string[]
    return encodeEdit({ id, tags: [`${source}!`], stamp: 1, field, element: null, part: "value", value })
  })
  const nonce = folded.creations.at(-1)?.entry.nonce
  if (nonce === undefined || folded.raw === undefined) return [...orphans, ...typed]
  const conflicts = concurrentEdits(folded)
  const fields: Record<string, Value> = {}
  const loose: string[] = []
  for (const [field, value] of Object.entries(folded.raw)) {
    const kind = folded.kindOf(field)
    const edits = folded.edits.get(field) ?? noEdits
    const present = isElementKind(kind) ? presentElements(kind, folded.creations, field, edits) : undefined
    if (present === undefined || !isElementKind(kind)) setOwn(fields, field, value)
    else if (!conflicts.some((edit) => edit.field === field && edit.element === null)) {
      setOwn(fields, field, storedElements(kind, present))
    } else {
      const disputed = new Set(
        conflicts.filter((edit) => edit.field === field).map((edit) => `${edit.part}${edit.element}`),
      )
      for (const element of present) loose.push(...looseEntries(id, nonce, field, kind, element, disputed))
    }
  }
  const disputes = conflicts.flatMap((edit) => disputeEntries(id, nonce, edit))
  return [encodeCreate(id, nonce, fields), ...loose, ...disputes, ...orphans, ...typed]
}

// Where it is disputed whether the field is there at all, a write of the whole field would hide what a creation has.
// What is disputed itself has entries already.
function looseEntries(
  id: string,
  nonce: string,
  field: string,
  kind: ElementKind,
  { name, value, position }: Present,
  disputed: ReadonlySet<string>,
): readonly string[] {
  const edit = { id, tags: [nonce], stamp: 1, field, element: name } as const
  const entries: string[] = []
  if (!disputed.has(`value${name}`))
    entries.push(editText({ ...edit, part: "value", value: kind === "set" ? 1 : value }))
  const isMoved = kind === "list" && nameOf(position) !== name
  if (isMoved && !disputed.has(`position${name}`)) {
    entries.push(editText({ ...edit, part: "position", value: position }))
  }
  return entries
}

// The winner highest: all are of one client now, and where one came from a target its class no longer tells them apart.
function disputeEntries(
  id: string,
  nonce: string,
  { field, element, part, candidates }: ConcurrentEdit,
): readonly string[] {
  return [...candidates]
    .reverse()
    .map(({ value }, at) => editText({ id, tags: [nonce], stamp: at + 1, field, element, part, value }))
}
