import type { Placed } from "./placed.ts"
import type { CreateEntry, EditEntry } from "./entry.ts"
import { isPlainRecord } from "./entry.ts"
import type { FieldEdits } from "./fold.ts"
import { comparePositions, nameOf, type Position, positionOfName, runOf } from "./position.ts"
import type { ElementKind } from "./schema.ts"
import { compareText, getOwn, type PlainRecord, setOwn, type Value } from "./value.ts"

/** An element that is there. `position` counts in lists only. */
export interface Present {
  readonly name: string
  readonly value: Value
  readonly position: Position
}

/** Elements that came all at once: from a creation, or from a write of the whole field, which replaces those it saw. */
export interface Base {
  readonly elements: PlainRecord
  readonly client: number
  readonly isHiddenBy: (removal: EditEntry) => boolean
}

/** What elements may have come all at once, later over earlier. */
export function basesOf(
  kind: ElementKind,
  creations: readonly Placed<CreateEntry>[],
  field: string,
  { whole }: FieldEdits,
): readonly Base[] {
  const bases: Base[] = []
  const replaced = new Set(whole.flatMap(({ entry }) => entry.tags))
  for (const { at, entry } of creations) {
    const elements = replaced.has(entry.nonce) ? undefined : elementsIn(kind, getOwn(entry.fields, field))
    const { nonce } = entry
    if (elements !== undefined)
      bases.push({ elements, client: at.client, isHiddenBy: ({ tags }) => tags.includes(nonce) })
  }
  for (const { at, entry } of whole) {
    const elements = elementsIn(kind, entry.value)
    const { stamp } = entry
    if (elements !== undefined)
      bases.push({ elements, client: at.client, isHiddenBy: (removal) => removal.stamp > stamp })
  }
  return bases
}

/**
 * The elements of a field that is written element by element, in their order; undefined where the field is missing.
 *
 * Stored, a set is `{ element: 1 }`, a map `{ key: value }`, a list `{ element: [position, value] }`, whose position is
 * empty where the element's name says it. Any active add of an element wins over any removal; a removal hides the
 * element only in the creations that it names.
 */
export function presentElements(
  kind: ElementKind,
  creations: readonly Placed<CreateEntry>[],
  field: string,
  edits: FieldEdits,
): readonly Present[] | undefined {
  const bases = basesOf(kind, creations, field, edits)
  const byName = groupByName(edits.elements)
  const names = new Set(byName.keys())
  for (const { elements } of bases) for (const name of Object.keys(elements)) names.add(name)
  const present: Present[] = []
  for (const name of names) {
    const found = presentElement(kind, name, bases, byName.get(name) ?? [])
    if (found !== undefined) present.push(found)
  }
  const lastWhole = edits.whole.at(-1)
  const isEmptyThere =
    lastWhole === undefined
      ? bases.length > 0 || byName.size > 0
      : elementsIn(kind, lastWhole.entry.value) !== undefined
  if (present.length === 0 && !isEmptyThere) return undefined
  return present.sort(kind === "list" ? compareInList : (a, b) => compareText(a.name, b.name))
}

/** Read, a set is a sorted array, a map an object, a list an array. */
export function renderElements(kind: ElementKind, present: readonly Present[]): Value {
  if (kind === "set") return Object.freeze(present.map(({ name }) => name))
  if (kind === "list") return Object.freeze(present.map((each) => each.value))
  const map: Record<string, Value> = {}
  for (const each of present) setOwn(map, each.name, each.value)
  return Object.freeze(map)
}

/** How elements are stored all at once. */
export function storedElements(kind: ElementKind, present: readonly Present[]): PlainRecord {
  const stored: Record<string, Value> = {}
  for (const { name, value, position } of present) {
    if (kind === "list") setOwn(stored, name, [nameOf(position) === name ? [] : position, value])
    else setOwn(stored, name, kind === "set" ? 1 : value)
  }
  return stored
}

function compareInList(a: Present, b: Present): number {
  return comparePositions(a.position, b.position) || compareText(a.name, b.name)
}

function presentElement(
  kind: ElementKind,
  name: string,
  bases: readonly Base[],
  mine: readonly Placed<EditEntry>[],
): Present | undefined {
  const writes = mine.filter(({ entry }) => entry.part === "value")
  const removals = writes.filter(({ entry }) => entry.value === undefined)
  const holding = bases.filter(({ elements }) => Object.hasOwn(elements, name))
  const base = holding.findLast(({ isHiddenBy }) => !removals.some(({ entry }) => isHiddenBy(entry)))
  const added = writes.findLast(({ entry }) => entry.value !== undefined)?.entry.value
  const value = added ?? (base === undefined ? undefined : baseValue(kind, base, name))
  if (value === undefined) return undefined
  if (kind !== "list") return { name, value, position: [] }
  const moved = mine.findLast(({ entry }) => entry.part === "position" && isPosition(entry.value))?.entry.value
  // A hidden base still says where the element stood.
  const stored = holding.map((each) => getOwn(each.elements, name)).findLast(isPlaced)
  const first = stored === undefined ? [] : stored[0]
  return { name, value, position: isPosition(moved) ? moved : first.length > 0 ? first : positionOfName(name) }
}

/** What a base says of an element. */
export function baseValue(kind: ElementKind, { elements }: Base, name: string): Value | undefined {
  const stored = getOwn(elements, name)
  return kind === "list" && isPlaced(stored) ? stored[1] : stored
}

function isPlaced(stored: Value | undefined): stored is readonly [Position, Value] {
  return Array.isArray(stored) && stored.length === 2 && Array.isArray(stored[0])
}

function isPosition(value: Value | undefined): value is Position {
  return Array.isArray(value) && value.length > 0
}

// Arrays come from a schema in which the field was a value: read, so that a field may change its kind.
function elementsIn(kind: ElementKind, stored: Value | undefined): PlainRecord | undefined {
  if (isPlainRecord(stored)) return stored
  if (!Array.isArray(stored) || kind === "map") return undefined
  const items: readonly Value[] = stored
  const elements: Record<string, Value> = {}
  if (kind === "set") for (const item of items) if (typeof item === "string") setOwn(elements, item, 1)
  if (kind === "list") {
    runOf(items.length, "0").forEach((position, at) => setOwn(elements, nameOf(position), [[], items[at] ?? null]))
  }
  return elements
}

function groupByName(edits: readonly Placed<EditEntry>[]): ReadonlyMap<string, readonly Placed<EditEntry>[]> {
  const byName = new Map<string, Placed<EditEntry>[]>()
  for (const edit of edits) {
    const { element } = edit.entry
    if (element === null) continue
    const mine = byName.get(element)
    if (mine === undefined) byName.set(element, [edit])
    else mine.push(edit)
  }
  return byName
}
