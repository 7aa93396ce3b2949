import type { BagEntry } from "./bag-entry.ts"
import { canonicalJson } from "./canonical.ts"
import { type CreateEntry, type EditEntry, fieldsText } from "./entry.ts"
import { presentElements, renderElements } from "./fold-elements.ts"
import { foldText, noTexts, type Texts, typedFields } from "./fold-text.ts"
import { compareCreations, compareEdits, type Placed } from "./placed.ts"
import { type FieldKind, isElementKind } from "./schema.ts"
import { compareText, getOwn, type PlainRecord, setOwn, type Value } from "./value.ts"

/** The active writes of one field, by place. */
export interface FieldEdits {
  readonly whole: readonly Placed<EditEntry>[]
  readonly elements: readonly Placed<EditEntry>[]
}

export const noEdits: FieldEdits = { whole: [], elements: [] }

export type KindOf = (field: string) => FieldKind | undefined

/** What the schema says about reading a collection. */
export interface Reading {
  readonly kindOf: KindOf
  /** Brings a record to the schema's version; the same object where there is nothing to do. */
  readonly migrate: (record: PlainRecord) => PlainRecord
}

/** What the entries of one record come to; a pure function of the entries and texts, whatever their order. */
export interface Folded {
  /** In the order in which later ones win. */
  readonly creations: readonly Placed<CreateEntry>[]
  readonly edits: ReadonlyMap<string, FieldEdits>
  readonly orphans: readonly Placed<EditEntry>[]
  readonly texts: Texts
  /** Undefined for a field that the schema does not name and whose entries do not say it. */
  readonly kindOf: KindOf
  /** What the entries say. Undefined where the record does not exist. */
  readonly raw: PlainRecord | undefined
  /** The same as the schema's version has it. */
  readonly record: PlainRecord | undefined
  /** Canonical text of `record`. */
  readonly canonical: string | undefined
}

/** Folds the entries of one record. Entries that cannot be read are left out. */
export function fold(entries: readonly BagEntry[], reading: Reading, texts: Texts = noTexts): Folded {
  const creations: Placed<CreateEntry>[] = []
  const written: Placed<EditEntry>[] = []
  for (const at of entries) {
    const entry = at.read()
    if (entry?.kind === "create") creations.push({ at, entry })
    else if (entry?.kind === "edit") written.push({ at, entry })
  }
  creations.sort(compareCreations)
  written.sort(compareEdits)
  const living = new Set(creations.map(({ entry }) => entry.nonce))
  const isActive = ({ entry }: Placed<EditEntry>): boolean => entry.tags.some((tag) => living.has(tag))
  const edits = groupByField(written.filter(isActive))
  const orphans = written.filter((edit) => !isActive(edit))
  const typed = typedFields(texts)
  const kindOf: KindOf = (field) => reading.kindOf(field) ?? (typed.has(field) ? "text" : inferKind(edits.get(field)))
  const parts = { creations, edits, orphans, texts, kindOf }
  const [only] = creations
  if (only === undefined) return { ...parts, raw: undefined, record: undefined, canonical: undefined }
  const isPlain = creations.length === 1 && edits.size === 0 && texts.size === 0 && !hasElements(only.entry, kindOf)
  const raw = isPlain ? only.entry.fields : mergeFields(parts)
  const record = reading.migrate(raw)
  const canonical = record === only.entry.fields ? fieldsText(only.at.text, only.entry) : canonicalJson(record)
  return { ...parts, raw, record, canonical }
}

/** Every field that a creation, an active edit or a text names, in order. */
export function fieldNames({
  creations,
  edits,
  texts,
}: Pick<Folded, "creations" | "edits" | "texts">): readonly string[] {
  const names = new Set([...edits.keys(), ...typedFields(texts)])
  for (const { entry } of creations) for (const field of Object.keys(entry.fields)) names.add(field)
  return [...names].sort(compareText)
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

function hasElements(entry: CreateEntry, kindOf: KindOf): boolean {
  return Object.keys(entry.fields).some((field) => isElementKind(kindOf(field)))
}

type Parts = Pick<Folded, "creations" | "edits" | "texts" | "kindOf">

function mergeFields(parts: Parts): PlainRecord {
  const record: Record<string, Value> = {}
  for (const field of fieldNames(parts)) {
    const value = mergeField(parts, field)
    if (value !== undefined) setOwn(record, field, value)
  }
  return Object.freeze(record)
}

function mergeField({ creations, edits, texts, kindOf }: Parts, field: string): Value | undefined {
  const mine = edits.get(field) ?? noEdits
  const kind = kindOf(field)
  if (kind === "text") return foldText(creations, field, mine, texts).value
  if (!isElementKind(kind)) return wholeValue(creations, field, mine)
  const present = presentElements(kind, creations, field, mine)
  return present === undefined ? undefined : renderElements(kind, present)
}

// A field of a schema newer than ours: its entries still say how it is written.
function inferKind(edits: FieldEdits | undefined): FieldKind | undefined {
  if (edits === undefined || edits.elements.length === 0) return undefined
  return edits.elements.some(({ entry }) => entry.part === "position") ? "list" : "map"
}

function wholeValue(creations: readonly Placed<CreateEntry>[], field: string, edits: FieldEdits): Value | undefined {
  const winner = edits.whole.at(-1)
  if (winner !== undefined) return winner.entry.value
  const creation = creations.findLast(({ entry }) => Object.hasOwn(entry.fields, field))
  return creation === undefined ? undefined : getOwn(creation.entry.fields, field)
}
