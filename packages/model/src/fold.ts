import { type BagEntry, compareCreations, compareEdits, type Placed } from "./bag-entry.ts"
import { canonicalJson } from "./canonical.ts"
import { type CreateEntry, type EditEntry, fieldsText } from "./entry.ts"
import { elementsOf } from "./fold-elements.ts"
import type { FieldKind } from "./schema.ts"
import { compareText, getOwn, type PlainRecord, setOwn, type Value } from "./value.ts"

/** One of several concurrent writes to the same place. `value` is undefined where it removes. */
export interface Candidate {
  readonly value: Value | undefined
  readonly client: number
}

/** Writes to one place that did not see each other and differ; the first is in force. Gone with the next write. */
export interface ConcurrentEdit {
  readonly field: string
  /** Null for the field as a whole. */
  readonly element: string | null
  readonly part: "value" | "position"
  readonly candidates: readonly Candidate[]
}

/** A write to a record whose deletion its writer had not seen: kept, in force nowhere. */
export interface EditAfterDelete extends Candidate {
  readonly field: string
  readonly element: string | null
  readonly part: "value" | "position"
}

/** The active writes of one field, by place. */
export interface FieldEdits {
  readonly whole: readonly Placed<EditEntry>[]
  readonly elements: readonly Placed<EditEntry>[]
}

/** What the entries of one record come to; a pure function of the entries, whatever their order. */
export interface Folded {
  /** In the order in which later ones win. */
  readonly creations: readonly Placed<CreateEntry>[]
  readonly edits: ReadonlyMap<string, FieldEdits>
  readonly orphans: readonly Placed<EditEntry>[]
  /** Undefined where the record does not exist. */
  readonly record: PlainRecord | undefined
  /** Canonical text of `record`. */
  readonly canonical: string | undefined
}

export type KindOf = (field: string) => FieldKind | undefined

/** Folds the entries of one record. Entries that cannot be read are left out. */
export function fold(entries: readonly BagEntry[], kindOf: KindOf): Folded {
  const creations: Placed<CreateEntry>[] = []
  const edits: Placed<EditEntry>[] = []
  for (const at of entries) {
    const entry = at.read()
    if (entry?.kind === "create") creations.push({ at, entry })
    else if (entry?.kind === "edit") edits.push({ at, entry })
  }
  creations.sort(compareCreations)
  edits.sort(compareEdits)
  const living = new Set(creations.map(({ entry }) => entry.nonce))
  const isActive = ({ entry }: Placed<EditEntry>): boolean => entry.tags.some((tag) => living.has(tag))
  const byField = groupByField(edits.filter(isActive))
  const orphans = edits.filter((edit) => !isActive(edit))
  const [only] = creations
  if (only === undefined) return { creations, edits: byField, orphans, record: undefined, canonical: undefined }
  const isPlain = creations.length === 1 && byField.size === 0
  const record =
    isPlain && !hasElements(only.entry, kindOf) ? only.entry.fields : mergeFields(creations, byField, kindOf)
  const canonical = record === only.entry.fields ? fieldsText(only.at.text, only.entry) : canonicalJson(record)
  return { creations, edits: byField, orphans, record, canonical }
}

/** Lists the places where writes that did not see each other differ. */
export function concurrentEdits(folded: Folded): readonly ConcurrentEdit[] {
  const found: ConcurrentEdit[] = []
  for (const field of fieldNames(folded.creations, folded.edits)) {
    const edits = folded.edits.get(field)
    const candidates = wholeCandidates(folded.creations, field, edits?.whole ?? [])
    if (differ(candidates)) found.push({ field, element: null, part: "value", candidates })
    for (const place of byPlace(edits?.elements ?? [])) {
      const [first] = place
      const rivals = place.map(candidateOf).reverse()
      if (first !== undefined && differ(rivals)) {
        found.push({ field, element: first.entry.element, part: first.entry.part, candidates: rivals })
      }
    }
  }
  return found
}

/** Lists the edits after a delete. */
export function editsAfterDelete(folded: Folded): readonly EditAfterDelete[] {
  return folded.orphans.map((orphan) => {
    const { field, element, part } = orphan.entry
    return { field, element, part, ...candidateOf(orphan) }
  })
}

function groupByField(edits: readonly Placed<EditEntry>[]): ReadonlyMap<string, FieldEdits> {
  const grouped = new Map<string, { whole: Placed<EditEntry>[]; elements: Placed<EditEntry>[] }>()
  for (const edit of edits) {
    const { field, element } = edit.entry
    let group = grouped.get(field)
    if (group === undefined) grouped.set(field, (group = { whole: [], elements: [] }))
    if (element === null) group.whole.push(edit)
    else group.elements.push(edit)
  }
  return grouped
}

function byPlace(edits: readonly Placed<EditEntry>[]): Iterable<readonly Placed<EditEntry>[]> {
  const places = new Map<string, Placed<EditEntry>[]>()
  for (const edit of edits) {
    const place = JSON.stringify([edit.entry.element, edit.entry.part])
    places.set(place, [...(places.get(place) ?? []), edit])
  }
  return places.values()
}

function hasElements(entry: CreateEntry, kindOf: KindOf): boolean {
  return Object.keys(entry.fields).some((field) => (kindOf(field) ?? "value") !== "value")
}

function mergeFields(
  creations: readonly Placed<CreateEntry>[],
  edits: ReadonlyMap<string, FieldEdits>,
  kindOf: KindOf,
): PlainRecord {
  const record: Record<string, Value> = {}
  for (const field of fieldNames(creations, edits)) {
    const ofField = edits.get(field) ?? { whole: [], elements: [] }
    const kind = kindOf(field) ?? inferKind(ofField)
    const value = kind === "value" ? wholeValue(creations, field, ofField) : elementsOf(kind, creations, field, ofField)
    if (value !== undefined) setOwn(record, field, value)
  }
  return Object.freeze(record)
}

// A field of a schema newer than ours: its entries still say how it is written.
function inferKind(edits: FieldEdits): FieldKind {
  if (edits.elements.some(({ entry }) => entry.part === "position")) return "list"
  return edits.elements.length > 0 ? "map" : "value"
}

function wholeValue(creations: readonly Placed<CreateEntry>[], field: string, edits: FieldEdits): Value | undefined {
  const winner = edits.whole.at(-1)
  if (winner !== undefined) return winner.entry.value
  const creation = creations.findLast(({ entry }) => Object.hasOwn(entry.fields, field))
  return creation === undefined ? undefined : getOwn(creation.entry.fields, field)
}

function fieldNames(
  creations: readonly Placed<CreateEntry>[],
  edits: ReadonlyMap<string, FieldEdits>,
): readonly string[] {
  const names = new Set(edits.keys())
  for (const { entry } of creations) for (const field of Object.keys(entry.fields)) names.add(field)
  return [...names].sort(compareText)
}

/** The winner first: edits, then what creations say that no edit's writer had seen. */
function wholeCandidates(
  creations: readonly Placed<CreateEntry>[],
  field: string,
  whole: readonly Placed<EditEntry>[],
): readonly Candidate[] {
  const seen = new Set(whole.flatMap(({ entry }) => entry.tags))
  const unseen = creations.filter(({ entry }) => Object.hasOwn(entry.fields, field) && !seen.has(entry.nonce))
  return [
    ...whole.map(candidateOf).reverse(),
    ...unseen.map(({ at, entry }) => ({ value: getOwn(entry.fields, field), client: at.client })).reverse(),
  ]
}

function candidateOf({ at, entry }: Placed<EditEntry>): Candidate {
  return { value: entry.value, client: at.client }
}

function differ(candidates: readonly Candidate[]): boolean {
  return new Set(candidates.map(({ value }) => (value === undefined ? "" : canonicalJson(value)))).size > 1
}
