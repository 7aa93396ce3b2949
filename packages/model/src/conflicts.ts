import type { Placed } from "./placed.ts"
import { canonicalJson } from "./canonical.ts"
import type { EditEntry } from "./entry.ts"
import { fieldNames, type FieldEdits, type Folded, noEdits } from "./fold.ts"
import { baseValue, basesOf } from "./fold-elements.ts"
import { foldText, textsAfterDelete } from "./fold-text.ts"
import { type ElementKind, isElementKind } from "./schema.ts"
import { getOwn, type Value } from "./value.ts"

/** One of several concurrent writes to the same place. `value` is undefined where it removes. */
export interface Candidate {
  readonly value: Value | undefined
  readonly client: number
}

/** A field, or one of its elements; a list's elements have two registers. */
export interface Place {
  readonly field: string
  /** Null for the field as a whole. */
  readonly element: string | null
  readonly part: "value" | "position"
}

/** Writes to one place that did not see each other and differ; the first is in force. Gone with the next write. */
export interface ConcurrentEdit extends Place {
  readonly candidates: readonly Candidate[]
}

/** A write to a record whose deletion its writer had not seen: kept, in force nowhere. */
export interface EditAfterDelete extends Candidate, Place {}

/** Lists the places where writes that did not see each other differ. */
export function concurrentEdits(folded: Folded): readonly ConcurrentEdit[] {
  const found: ConcurrentEdit[] = []
  for (const field of fieldNames(folded)) {
    const kind = folded.kindOf(field)
    const edits = folded.edits.get(field) ?? noEdits
    const candidates = isElementKind(kind)
      ? edits.whole.map(candidateOf).reverse()
      : kind === "text"
        ? textCandidates(folded, field, edits)
        : wholeCandidates(folded, field, edits)
    if (differ(candidates)) found.push({ field, element: null, part: "value", candidates })
    found.push(...elementConflicts(folded, field, edits, isElementKind(kind) ? kind : undefined))
  }
  return found
}

/** Lists the edits after a delete, and what was typed into texts of deleted records. */
export function editsAfterDelete(folded: Folded): readonly EditAfterDelete[] {
  const orphans = folded.orphans.map((orphan) => {
    const { field, element, part } = orphan.entry
    return { field, element, part, ...candidateOf(orphan) }
  })
  const typed = textsAfterDelete(livingEntries(folded), folded.texts)
  return [
    ...orphans,
    ...typed.map(({ field, value }) => ({ field, element: null, part: "value", value, client: 0 }) as const),
  ]
}

/** Creations and active edits. */
export function* livingEntries({
  creations,
  edits,
}: Folded): Iterable<Folded["creations"][number] | Placed<EditEntry>> {
  yield* creations
  for (const { whole, elements } of edits.values()) {
    yield* whole
    yield* elements
  }
}

/** The winner first: edits, then what creations say that no edit's writer had seen. */
function wholeCandidates({ creations }: Folded, field: string, { whole }: FieldEdits): readonly Candidate[] {
  const seen = new Set(whole.flatMap(({ entry }) => entry.tags))
  const unseen = creations.filter(({ entry }) => Object.hasOwn(entry.fields, field) && !seen.has(entry.nonce))
  return [
    ...whole.map(candidateOf).reverse(),
    ...unseen.map(({ at, entry }) => ({ value: getOwn(entry.fields, field), client: at.client })).reverse(),
  ]
}

function textCandidates({ creations, texts }: Folded, field: string, edits: FieldEdits): readonly Candidate[] {
  const { value, source, others } = foldText(creations, field, edits, texts)
  const removals = edits.whole.filter(({ entry }) => entry.value === undefined).map(candidateOf)
  // Where nothing shows a removal is in force, whatever stands beside it.
  if (value === undefined || source === undefined) return [...removals, ...others]
  return [{ value, client: source.client }, ...others, ...removals]
}

/** Of each element: adds, the last first, what creations give that no edit's writer had seen, then removals. */
function elementConflicts(
  { creations }: Folded,
  field: string,
  edits: FieldEdits,
  kind: ElementKind | undefined,
): readonly ConcurrentEdit[] {
  const places = new Map<string, { readonly place: Place; readonly mine: Placed<EditEntry>[] }>()
  const at = (element: string, part: Place["part"]): { readonly mine: Placed<EditEntry>[] } => {
    const key = part + element
    let found = places.get(key)
    if (found === undefined) places.set(key, (found = { place: { field, element, part }, mine: [] }))
    return found
  }
  for (const edit of edits.elements)
    if (edit.entry.element !== null) at(edit.entry.element, edit.entry.part).mine.push(edit)
  const bases = kind === undefined ? [] : basesOf(kind, creations, field, edits)
  if (bases.length > 1) for (const { elements } of bases) for (const name of Object.keys(elements)) at(name, "value")
  return [...places.values()].flatMap(({ place, mine }) => {
    const { element, part } = place
    const unseen = bases.flatMap((base) => {
      const isSeen = mine.some(({ entry }) => base.isHiddenBy(entry))
      const value =
        part === "position" || element === null || kind === undefined ? undefined : baseValue(kind, base, element)
      return isSeen || value === undefined ? [] : [{ value, client: base.client }]
    })
    const rivals = mine.map(candidateOf).reverse()
    const candidates = [
      ...rivals.filter(({ value }) => value !== undefined),
      ...unseen.reverse(),
      ...rivals.filter(({ value }) => value === undefined),
    ]
    return differ(candidates) ? [{ ...place, candidates }] : []
  })
}

function candidateOf({ at, entry }: Placed<EditEntry>): Candidate {
  return { value: entry.value, client: at.client }
}

function differ(candidates: readonly Candidate[]): boolean {
  return new Set(candidates.map(({ value }) => (value === undefined ? "" : canonicalJson(value)))).size > 1
}
