import type { StandardSchemaV1 } from "@standard-schema/spec"
import { MillraceError } from "@millrace/ports"
import { sameValue } from "./canonical.ts"
import { isPlainRecord } from "./entry.ts"
import type { CollectionSchema, Field } from "./schema.ts"
import { compareText, getOwn, type PlainRecord, setOwn, type Value } from "./value.ts"

/** Why one field of a record is not what the schema promises. */
export interface Reason {
  readonly field: string
  readonly reason: string
}

type Where = readonly [collection: string, id: string]

/** The fields of a whole record as its validators return them; throws `invalid` naming the first that is refused. */
export function validRecord(
  where: Where,
  schema: CollectionSchema,
  record: Readonly<Record<string, unknown>>,
  current: PlainRecord | undefined,
): Map<string, unknown> {
  for (const [field, { optional }] of Object.entries(schema.fields)) {
    if (!optional && getOwn(record, field) === undefined) throw refused(where, { field, reason: "it is missing" })
  }
  const fields = new Map<string, unknown>()
  for (const [field, value] of Object.entries(record)) {
    if (value !== undefined) fields.set(field, validField(where, schema, field, value, current))
  }
  return fields
}

/** One field as its validator returns it; throws `invalid` where it is refused. `undefined` asks to remove it. */
export function validField(
  where: Where,
  schema: CollectionSchema,
  field: string,
  value: unknown,
  current: PlainRecord | undefined,
): unknown {
  const known = getOwn(schema.fields, field)
  if (known === undefined) {
    // A field of a newer schema may be handed back as it was read; `put` compares it and writes nothing.
    if (current !== undefined && sameValue(getOwn(current, field), value)) return value
    throw refused(where, { field, reason: "the schema has no such field" })
  }
  if (value === undefined) {
    if (known.optional) return undefined
    throw refused(where, { field, reason: "it is required and cannot be removed" })
  }
  const result = checkField(known, value)
  if (result.issues === undefined) return result.value
  throw refused(where, { field, reason: describe(result.issues) })
}

/** One element of a set, map or list as its validator returns it; throws `invalid` where it is refused. */
export function validElement(where: Where, field: string, known: Field, value: unknown): Value {
  const result = known.kind === "text" || known.kind === "ref" ? string(value) : run(known.validator, value)
  if (result.issues !== undefined) throw refused(where, { field, reason: describe(result.issues) })
  const element = known.kind === "set" ? string(result.value) : result
  if (element.issues !== undefined) throw refused(where, { field, reason: describe(element.issues) })
  if (element.value === undefined) throw refused(where, { field, reason: "an element is undefined" })
  return element.value as Value
}

/** Every reason why a merged record is not what the schema promises; fields that the schema does not name are fine. */
export function reasonsAgainst(
  schema: CollectionSchema,
  record: PlainRecord,
  exists: (collection: string, id: string) => boolean,
): readonly Reason[] {
  const reasons: Reason[] = []
  for (const [field, known] of Object.entries(schema.fields)) {
    const value = getOwn(record, field)
    if (value === undefined) {
      if (!known.optional) reasons.push({ field, reason: "it is missing" })
      continue
    }
    const result = checkField(known, value)
    if (result.issues !== undefined) reasons.push({ field, reason: describe(result.issues) })
    else if (known.kind === "ref" && !exists(known.collection, value as string)) {
      reasons.push({ field, reason: `"${known.collection}" has no record "${value as string}"` })
    }
  }
  return reasons
}

type Result = StandardSchemaV1.Result<unknown>

function checkField(field: Field, value: unknown): Result {
  switch (field.kind) {
    case "value":
      return run(field.validator, value)
    case "text":
    case "ref":
      return string(value)
    case "set":
    case "list": {
      if (!Array.isArray(value)) return issue("an array is wanted")
      const items = each(field, value.entries())
      if (items.issues !== undefined) return items
      const values = items.value.map(([, item]) => item)
      return { value: field.kind === "set" ? [...new Set(values as readonly string[])].sort(compareText) : values }
    }
    case "map": {
      if (!isPlain(value)) return issue("a plain object is wanted")
      const given = Object.entries(value).filter(([, item]) => item !== undefined)
      const items = each(field, given)
      if (items.issues !== undefined) return items
      const map: Record<string, unknown> = {}
      for (const [key, item] of items.value) setOwn(map, String(key), item)
      return { value: map }
    }
  }
}

function each(
  field: Field & { readonly kind: "set" | "map" | "list" },
  items: Iterable<readonly [string | number, unknown]>,
): StandardSchemaV1.Result<readonly (readonly [string | number, unknown])[]> {
  const valid: (readonly [string | number, unknown])[] = []
  for (const [key, item] of items) {
    const checked = run(field.validator, item)
    const result = checked.issues === undefined && field.kind === "set" ? string(checked.value) : checked
    if (result.issues !== undefined) {
      return { issues: result.issues.map((each) => ({ ...each, path: [key, ...(each.path ?? [])] })) }
    }
    if (result.value === undefined) return issue(`the element ${key} is undefined`)
    valid.push([key, result.value])
  }
  return { value: valid }
}

function string(value: unknown): Result {
  return typeof value === "string" ? { value } : issue("a text is wanted")
}

function issue(message: string): { readonly issues: readonly StandardSchemaV1.Issue[] } {
  return { issues: [{ message }] }
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  return (
    isPlainRecord(value as Value) ||
    (typeof value === "object" && value !== null && Object.getPrototypeOf(value) === null)
  )
}

function run(validator: StandardSchemaV1, value: unknown): Result {
  const result = validator["~standard"].validate(value)
  if (result instanceof Promise) {
    throw new MillraceError("A validator answered with a promise. Use one that answers at once.", {
      kind: "unsupported",
    })
  }
  return result
}

function describe(issues: readonly StandardSchemaV1.Issue[]): string {
  return issues
    .map(({ message, path }) => {
      const keys = (path ?? []).map((part) => String(typeof part === "object" ? part.key : part))
      return keys.length === 0 ? message : `${keys.join(".")}: ${message}`
    })
    .join("; ")
}

function refused([collection, id]: Where, { field, reason }: Reason): MillraceError {
  return new MillraceError(
    `The record "${id}" of "${collection}" was not written: field "${field}" is not valid: ${reason}.`,
    { kind: "invalid" },
  )
}
