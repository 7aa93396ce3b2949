import type { StandardSchemaV1 } from "@standard-schema/spec"
import { MillraceError } from "@millrace/ports"
import { sameValue } from "./canonical.ts"
import type { CollectionSchema } from "./schema.ts"
import { getOwn, type PlainRecord } from "./value.ts"

/** Why one field of a record is not what the schema promises. */
export interface Reason {
  readonly field: string
  readonly reason: string
}

/** The fields of a whole record as its validators return them; throws `invalid` naming the first that is refused. */
export function validRecord(
  where: readonly [collection: string, id: string],
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
  where: readonly [collection: string, id: string],
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
  const result = run(known.validator, value)
  if (result.issues === undefined) return result.value
  throw refused(where, { field, reason: describe(result.issues) })
}

/** Every reason why a merged record is not what the schema promises; fields that the schema does not name are fine. */
export function reasonsAgainst(schema: CollectionSchema, record: PlainRecord): readonly Reason[] {
  const reasons: Reason[] = []
  for (const [field, { validator, optional }] of Object.entries(schema.fields)) {
    const value = getOwn(record, field)
    if (value === undefined) {
      if (!optional) reasons.push({ field, reason: "it is missing" })
      continue
    }
    const result = run(validator, value)
    if (result.issues !== undefined) reasons.push({ field, reason: describe(result.issues) })
  }
  return reasons
}

function run(validator: StandardSchemaV1, value: unknown): StandardSchemaV1.Result<unknown> {
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

function refused([collection, id]: readonly [string, string], { field, reason }: Reason): MillraceError {
  return new MillraceError(
    `The record "${id}" of "${collection}" was not written: field "${field}" is not valid: ${reason}.`,
    { kind: "invalid" },
  )
}
