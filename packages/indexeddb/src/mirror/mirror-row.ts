import { getOwn, type PlainRecord, setOwn, type Value } from "@millrace/model"

/** A row of a mirrored store: `id` is the record's, all else are its fields under `rowName`. */
export type MirrorRow = Readonly<Record<string, Value>> & { readonly id: string }

/**
 * The property of a row that holds a field.
 *
 * A field called `id`, or one that starts with `$`, gets a `$` more, so that the key is always the record's id and every name can be told
 * back. All others are called what they are.
 */
export function rowName(field: string): string {
  return field === "id" || field.startsWith("$") ? `$${field}` : field
}

/** The row of a record. Values are as the model gives them: IndexedDB keeps dates, bytes and big integers. */
export function rowOf(id: string, record: PlainRecord): MirrorRow {
  const row: Record<string, Value> = { id }
  for (const [field, value] of Object.entries(record)) setOwn(row, rowName(field), value)
  return row as MirrorRow
}

/** The fields of a row, under their own names. */
export function recordOfRow(row: MirrorRow): PlainRecord {
  const record: Record<string, Value> = {}
  for (const name of Object.keys(row)) {
    const value = getOwn(row, name)
    if (name !== "id" && value !== undefined) setOwn(record, name.startsWith("$") ? name.slice(1) : name, value)
  }
  return record
}
