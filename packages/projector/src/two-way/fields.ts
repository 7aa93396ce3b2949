import { fieldTexts } from "@millrace/target"
import type { FieldText } from "../journal/two-way-entries.ts"

export type FieldMap = ReadonlyMap<string, string>

/** A record's fields, each as canonical JSON text; none where there is no record. */
export function fieldsOf(record: string | null | undefined): FieldMap {
  return fieldTexts(record ?? null)
}

export function at(fields: FieldMap, field: string): FieldText {
  return fields.get(field) ?? null
}

/** The canonical text of a record with these fields. */
export function recordText(fields: FieldMap): string {
  const sorted = [...fields].sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${sorted.map(([field, text]) => `${JSON.stringify(field)}:${text}`).join(",")}}`
}

/** A copy with one field set, or without it. */
export function withField(fields: Map<string, string>, field: string, value: FieldText): void {
  if (value === null) fields.delete(field)
  else fields.set(field, value)
}
