import type { Placed } from "./bag-entry.ts"
import { canonicalJson } from "./canonical.ts"
import type { CreateEntry, EditEntry } from "./entry.ts"
import { isPlainRecord } from "./entry.ts"
import type { FieldEdits } from "./fold.ts"
import type { FieldKind } from "./schema.ts"
import { compareText, getOwn, type PlainRecord, setOwn, type Value } from "./value.ts"

/**
 * Folds a field that is written element by element.
 *
 * Stored, a set is `{ element: 1 }`, a map `{ key: value }`, a list `{ element: [position, value] }` with position
 * `[key, run id, inner key, ...]`. Read, a set is a sorted array, a map an object, a list an array. Any active add of
 * an element wins over any removal; a removal hides the element only in the creations that it names.
 */
export function elementsOf(
  kind: Exclude<FieldKind, "value">,
  creations: readonly Placed<CreateEntry>[],
  field: string,
  edits: FieldEdits,
): Value | undefined {
  const bases = basesOf(creations, field, edits)
  const additions = edits.elements.filter(({ entry }) => entry.value !== undefined)
  const isRemoved = edits.whole.at(-1) !== undefined && edits.whole.at(-1)?.entry.value === undefined
  if (bases.length === 0 && additions.length === 0 && (isRemoved || edits.elements.length === 0)) return undefined
  const names = new Set<string>()
  for (const { elements } of bases) for (const name of Object.keys(elements)) names.add(name)
  for (const { entry } of additions) if (entry.element !== null) names.add(entry.element)
  const present = new Map<string, Present>()
  for (const name of [...names].sort(compareText)) {
    const found = presentElement(kind, name, bases, edits.elements)
    if (found !== undefined) present.set(name, found)
  }
  return render(kind, present)
}

/** Elements that came all at once: from a creation, or from a write of the whole field, which replaces those it saw. */
interface Base {
  readonly elements: PlainRecord
  readonly isHiddenBy: (removal: EditEntry) => boolean
}

interface Present {
  readonly value: Value
  readonly position: readonly Value[]
}

function basesOf(creations: readonly Placed<CreateEntry>[], field: string, edits: FieldEdits): readonly Base[] {
  const whole = edits.whole.at(-1)?.entry
  if (whole !== undefined) {
    if (!isPlainRecord(whole.value)) return []
    return [{ elements: whole.value, isHiddenBy: (removal) => removal.stamp > whole.stamp }]
  }
  const bases: Base[] = []
  for (const { entry } of creations) {
    const elements = getOwn(entry.fields, field)
    if (isPlainRecord(elements)) bases.push({ elements, isHiddenBy: ({ tags }) => tags.includes(entry.nonce) })
  }
  return bases
}

function presentElement(
  kind: Exclude<FieldKind, "value">,
  name: string,
  bases: readonly Base[],
  edits: readonly Placed<EditEntry>[],
): Present | undefined {
  const mine = edits.filter(({ entry }) => entry.element === name)
  const writes = mine.filter(({ entry }) => entry.part === "value")
  const removals = writes.filter(({ entry }) => entry.value === undefined)
  const base = bases.findLast(
    ({ elements, isHiddenBy }) => Object.hasOwn(elements, name) && !removals.some(({ entry }) => isHiddenBy(entry)),
  )
  const stored = base === undefined ? undefined : getOwn(base.elements, name)
  const fromBase = kind === "list" ? splitListElement(stored) : { value: stored, position: [] }
  const value = writes.findLast(({ entry }) => entry.value !== undefined)?.entry.value ?? fromBase.value
  if (value === undefined) return undefined
  const moved = mine.findLast(({ entry }) => entry.part === "position" && Array.isArray(entry.value))?.entry.value
  return { value, position: Array.isArray(moved) ? (moved as readonly Value[]) : fromBase.position }
}

function splitListElement(stored: Value | undefined): { value: Value | undefined; position: readonly Value[] } {
  if (!Array.isArray(stored)) return { value: stored, position: [] }
  const [position, value] = stored as readonly Value[]
  return { value, position: Array.isArray(position) ? (position as readonly Value[]) : [] }
}

function render(kind: Exclude<FieldKind, "value">, present: ReadonlyMap<string, Present>): Value {
  if (kind === "set") return Object.freeze([...present.keys()])
  if (kind === "list") {
    const ordered = [...present].sort(
      ([nameA, a], [nameB, b]) => comparePositions(a.position, b.position) || compareText(nameA, nameB),
    )
    return Object.freeze(ordered.map(([, { value }]) => value))
  }
  const map: Record<string, Value> = {}
  for (const [name, { value }] of present) setOwn(map, name, value)
  return Object.freeze(map)
}

// Part by part, not as one joined string: a key must never run into the run id behind it.
function comparePositions(a: readonly Value[], b: readonly Value[]): number {
  for (let at = 0; at < Math.min(a.length, b.length); at++) {
    const order = compareText(partText(a[at]), partText(b[at]))
    if (order !== 0) return order
  }
  return a.length - b.length
}

function partText(part: Value | undefined): string {
  return typeof part === "string" ? part : canonicalJson(part ?? null)
}
