import { canonicalJson } from "./canonical.ts"
import { parseCanonical } from "./canonical-parse.ts"
import type { PlainRecord, Value } from "./value.ts"

/** `[id, nonce, { field: value, ... }]`: one creation of a record. */
export interface CreateEntry {
  readonly kind: "create"
  readonly id: string
  /** Unique to this creation; sorts by the writer's time. */
  readonly nonce: string
  readonly fields: PlainRecord
}

/** `[id, tags, stamp, field, 0 | element | [element, "p"], value]`: one write to a field or to one element of it. */
export interface EditEntry {
  readonly kind: "edit"
  readonly id: string
  /** Nonces of the living creations that the writer saw. */
  readonly tags: readonly string[]
  /** One more than the highest that the writer saw in this place. */
  readonly stamp: number
  readonly field: string
  /** Null where the field is written as a whole. */
  readonly element: string | null
  /** A list's elements have two registers. */
  readonly part: "value" | "position"
  /** Undefined where the entry removes. */
  readonly value: Value | undefined
}

export type Entry = CreateEntry | EditEntry

/** Most characters of one entry: it has to fit into one message with room to spare. */
export const maxEntryChars = 262_144

export function encodeCreate(id: string, nonce: string, fields: Readonly<Record<string, unknown>>): string {
  return canonicalJson([id, nonce, fields])
}

/** The text of an edit. Tags are written sorted, a single one without its array. */
export function encodeEdit(edit: Omit<EditEntry, "kind">): string {
  const tags = edit.tags.length === 1 ? edit.tags[0] : [...edit.tags].sort()
  const place = edit.element === null ? 0 : edit.part === "position" ? [edit.element, "p"] : edit.element
  const head = [edit.id, tags, edit.stamp, edit.field, place]
  return canonicalJson(edit.value === undefined ? head : [...head, edit.value])
}

/** The canonical text of a create entry's fields, cut out of the entry's own text. */
export function fieldsText(text: string, entry: CreateEntry): string {
  return text.slice(canonicalJson([entry.id, entry.nonce]).length, -1)
}

/**
 * The record that an entry names, found without reading the rest of it.
 *
 * Undefined where the text cannot be an entry. A text that names an id may still turn out unreadable.
 */
export function idOfEntry(text: string): string | undefined {
  if (!text.startsWith('["')) return undefined
  const end = endOfString(text, 2)
  if (end < 0 || text[end + 1] !== ",") return undefined
  const plain = text.slice(2, end)
  if (!plain.includes("\\")) return plain
  try {
    return JSON.parse(text.slice(1, end + 1)) as string
  } catch {
    return undefined
  }
}

function endOfString(text: string, from: number): number {
  for (let at = text.indexOf('"', from); at >= 0; at = text.indexOf('"', at + 1)) {
    let backslashes = 0
    while (text[at - 1 - backslashes] === "\\") backslashes++
    if (backslashes % 2 === 0) return at
  }
  return -1
}

/**
 * Reads an entry of the layout; values come out frozen.
 *
 * @throws Error with the reason where the text is not canonical or not an entry.
 */
export function readEntry(text: string): Entry {
  const list = parseCanonical(text)
  if (!Array.isArray(list)) throw new Error("it is not an array")
  const [id, second] = list as readonly Value[]
  if (typeof id !== "string") throw new Error("its id is not a string")
  if (list.length === 3 && typeof second === "string") return readCreate(id, second, list[2] as Value)
  if (list.length === 5 || list.length === 6) return readEdit(id, list)
  throw new Error(`no form of entry has ${list.length} items`)
}

function readCreate(id: string, nonce: string, fields: Value): CreateEntry {
  if (!isPlainRecord(fields)) throw new Error("a creation's fields are not an object")
  return { kind: "create", id, nonce, fields }
}

function readEdit(id: string, list: readonly Value[]): EditEntry {
  const [, second, stamp, field, place] = list
  const tags = typeof second === "string" ? [second] : second
  if (!isTexts(tags) || tags.length === 0) throw new Error("an edit's tags are not nonces")
  if (!Number.isSafeInteger(stamp) || (stamp as number) < 1) throw new Error("an edit's stamp is not a count")
  if (typeof field !== "string") throw new Error("an edit's field is not a string")
  const { element, part } = readPlace(place)
  return { kind: "edit", id, tags, stamp: stamp as number, field, element, part, value: list[5] }
}

function readPlace(place: Value | undefined): Pick<EditEntry, "element" | "part"> {
  if (place === 0) return { element: null, part: "value" }
  if (typeof place === "string") return { element: place, part: "value" }
  if (isTexts(place) && place.length === 2 && place[0] !== undefined && place[1] === "p") {
    return { element: place[0], part: "position" }
  }
  throw new Error("an edit's place is neither 0 nor an element")
}

function isTexts(value: Value | undefined): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string")
}

/** True for what came from an object, not for arrays, bytes and dates. */
export function isPlainRecord(value: Value | undefined): value is PlainRecord {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    Object.getPrototypeOf(value) === Object.prototype
  )
}
