import { keyOfText, sameClone, tagOf } from "@millrace/indexeddb"
import { compareText, getOwn, maxDepth, type PlainRecord, setOwn } from "@millrace/model"

type KeyPath = string | readonly string[] | null

/** What a value that the document cannot hold as it is becomes there: an object with this key alone among its own. */
const tag = "$millrace"
/** The field of a row that is no plain object. */
const wholeRow = "$value"

/** Levels that an entry has above the value of a field. */
const ownLevels = 10

class NotHeld extends Error {
  readonly type: string

  constructor(type: string) {
    super(`A ${type} cannot be held by a document.`)
    this.type = type
  }
}

export interface RowFields {
  readonly fields: Readonly<Record<string, unknown>>
  /** Fields whose content stays in this browser, with what it is. */
  readonly kept: Readonly<Record<string, string>>
}

/**
 * A row as the fields of a record.
 *
 * Each property is a field; the property that is the whole key path is left out, as the record's id says it. What a document holds stays as it
 * is; maps, sets, typed arrays, regular expressions, boxed and undefined values are mapped; a field with anything else in it
 * (blobs, files, circles, handles) becomes a reference to this browser's row, where its content stays.
 */
export function fieldsOfRow(row: unknown, keyPath: KeyPath): RowFields {
  const fields: Record<string, unknown> = {}
  const kept: Record<string, string> = {}
  for (const [name, value] of propertiesOf(row)) {
    if (name === keyPath) continue
    try {
      setOwn(fields, name, encode(value, ownLevels))
    } catch (thrown) {
      if (!(thrown instanceof NotHeld)) throw thrown
      setOwn(kept, name, thrown.type)
      setOwn(fields, name, referenceTo(value, thrown.type))
    }
  }
  return { fields, kept }
}

/**
 * The row of a record, in the shape that the application gave its rows.
 *
 * Fields named in `stays`, and references, keep what `current` has; without that they are missing.
 */
export function rowOfRecord(
  record: PlainRecord,
  id: string,
  keyPath: KeyPath,
  current: unknown,
  stays: ReadonlySet<string>,
): unknown {
  const whole = getOwn(record, wholeRow)
  if (whole !== undefined) return isReference(whole) ? current : decode(whole)
  const row: Record<string, unknown> = {}
  const own = isPlain(current) ? current : {}
  // The application's own order of properties, as far as there is one, else the key first.
  const first = typeof keyPath === "string" && !keyPath.includes(".") ? [keyPath] : []
  const names = new Set([...Object.keys(own), ...first, ...Object.keys(record).sort(compareText)])
  for (const name of names) {
    const value = getOwn(record, name)
    if (stays.has(name) || isReference(value)) {
      if (Object.hasOwn(own, name)) setOwn(row, name, own[name])
    } else if (value !== undefined) setOwn(row, name, decode(value))
    else if (name === keyPath) setOwn(row, name, keyOfText(id))
  }
  const key = keyOfText(id)
  if (typeof keyPath === "string") setAt(row, keyPath, key)
  else if (keyPath !== null && Array.isArray(key)) keyPath.forEach((path, at) => setAt(row, path, key[at]))
  return row
}

/** Names of the fields whose values differ. */
export function differingFields(a: RowFields["fields"], b: RowFields["fields"]): readonly string[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].filter(
    (name) => !sameClone(getOwn(a, name), getOwn(b, name)),
  )
}

export function isReference(value: unknown): boolean {
  return isPlain(value) && getOwn(value, tag) === "local"
}

function propertiesOf(row: unknown): readonly (readonly [string, unknown])[] {
  return isPlain(row) && !Object.hasOwn(row, wholeRow) ? Object.entries(row) : [[wholeRow, row]]
}

function encode(value: unknown, depth: number): unknown {
  if (depth > maxDepth) throw new NotHeld("circle, or nesting too deep,")
  if (value === undefined) return { [tag]: "undefined" }
  if (typeof value !== "object" || value === null) return value
  const deeper = (item: unknown): unknown => encode(item, depth + 1)
  const type = tagOf(value)
  switch (type) {
    case "Array":
      return Array.from(value as readonly unknown[], deeper)
    case "Object": {
      const copy: Record<string, unknown> = {}
      for (const [name, item] of Object.entries(value)) setOwn(copy, name, deeper(item))
      return Object.hasOwn(value, tag) ? { [tag]: "object", of: copy } : copy
    }
    case "Date":
      return Number.isNaN((value as Date).getTime()) ? { [tag]: "date" } : value
    case "Map":
      return { [tag]: "map", of: [...(value as Map<unknown, unknown>)].map((entry) => entry.map(deeper)) }
    case "Set":
      return { [tag]: "set", of: [...(value as Set<unknown>)].map(deeper) }
    case "RegExp":
      return { [tag]: "regexp", of: (value as RegExp).source, flags: (value as RegExp).flags }
    case "Boolean":
    case "Number":
    case "String":
    case "BigInt":
      return { [tag]: "boxed", of: (value as { valueOf(): unknown }).valueOf() }
    case "Uint8Array":
      return value
    default:
      return encodeBytes(value, type)
  }
}

function encodeBytes(value: object, type: string): unknown {
  if (ArrayBuffer.isView(value)) {
    return { [tag]: type, of: new Uint8Array(value.buffer, value.byteOffset, value.byteLength).slice() }
  }
  if (type === "ArrayBuffer") return { [tag]: type, of: new Uint8Array(value as ArrayBuffer) }
  throw new NotHeld(type)
}

/** Classes whose instances are made from bytes alone. */
const views = [
  "Int8Array",
  "Uint8ClampedArray",
  "Int16Array",
  "Uint16Array",
  "Int32Array",
  "Uint32Array",
  "Float32Array",
  "Float64Array",
  "BigInt64Array",
  "BigUint64Array",
  "DataView",
] as const

function decode(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value
  const type = tagOf(value)
  if (type === "Array") return (value as readonly unknown[]).map(decode)
  // Copies, for what comes out of a record is frozen.
  if (type === "Date") return new Date((value as Date).getTime())
  if (type === "Uint8Array") return (value as Uint8Array).slice()
  if (!isPlain(value)) return value
  const kind = getOwn(value, tag)
  if (typeof kind === "string") return decodeTagged(kind, value)
  const copy: Record<string, unknown> = {}
  for (const [name, item] of Object.entries(value)) setOwn(copy, name, decode(item))
  return copy
}

function decodeTagged(kind: string, { of, flags }: Readonly<Record<string, unknown>>): unknown {
  switch (kind) {
    case "undefined":
      return undefined
    case "date":
      return new Date(Number.NaN)
    case "object":
      return isPlain(of) ? Object.fromEntries(Object.entries(of).map(([name, item]) => [name, decode(item)])) : of
    case "map":
      return new Map(
        (Array.isArray(of) ? of : []).map((entry: readonly unknown[]) => [decode(entry[0]), decode(entry[1])]),
      )
    case "set":
      return new Set((Array.isArray(of) ? of : []).map(decode))
    case "regexp":
      return new RegExp(String(of), typeof flags === "string" ? flags : "")
    case "boxed":
      return Object(of) as unknown
    default:
      return decodeBytes(kind, of)
  }
}

function decodeBytes(kind: string, of: unknown): unknown {
  if (typeof of !== "object" || of === null || tagOf(of) !== "Uint8Array") return undefined
  const bytes = (of as Uint8Array).slice().buffer
  const view = views.find((name) => name === kind)
  if (view === undefined) return bytes
  const View: new (buffer: ArrayBuffer) => ArrayBufferView = globalThis[view]
  return new View(bytes)
}

/** Says what there is, to those who have it not. */
function referenceTo(value: unknown, type: string): unknown {
  const { size, name, type: media } = (typeof value === "object" && value !== null ? value : {}) as Partial<File>
  const said = { size, name, media }
  const known = Object.entries(said).filter(([, each]) => typeof each === "string" || typeof each === "number")
  return { [tag]: "local", type, ...Object.fromEntries(known) }
}

function setAt(row: Record<string, unknown>, path: string, value: unknown): void {
  const names = path.split(".")
  const last = names.pop()
  let at = row
  for (const name of names) {
    const next = getOwn(at, name)
    const inner = isPlain(next) ? (next as Record<string, unknown>) : {}
    setOwn(at, name, inner)
    at = inner
  }
  if (last !== undefined && last !== "") setOwn(at, last, value)
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && tagOf(value) === "Object"
}
