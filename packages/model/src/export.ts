import type { Records } from "./records.ts"
import type { Schema } from "./schema.ts"
import { compareText, type PlainRecord, setOwn } from "./value.ts"

/** `{ collection: { id: record } }` of the merged state, names and ids in order. */
export type Exported = Readonly<Record<string, Readonly<Record<string, PlainRecord>>>>

/** The merged state as data. Collections that are empty are left out, those that the schema does not name are not. */
export function exportRecords<S extends Schema>(records: Records<S>): Exported {
  const exported: Record<string, Record<string, PlainRecord>> = {}
  for (const [name, ids] of sortedIds(records)) {
    const collection: Record<string, PlainRecord> = {}
    for (const id of ids) setOwn(collection, id, records.collection(name).get(id) as PlainRecord)
    setOwn(exported, name, collection)
  }
  return exported
}

/** The same as canonical JSON text: two exports of one state are the same bytes. Read it with `parseCanonical`. */
export function exportText<S extends Schema>(records: Records<S>): string {
  const collections = sortedIds(records).map(([name, ids]) => {
    const all = ids.map((id) => `${keyText(id)}:${records.canonical(name, id)}`)
    return `${keyText(name)}:{${all.join(",")}}`
  })
  return `{${collections.join(",")}}`
}

function sortedIds<S extends Schema>(records: Records<S>): readonly (readonly [string, readonly string[]])[] {
  return records
    .collections()
    .map((name) => [name, [...records.collection(name).ids()].sort(compareText)] as const)
    .filter(([, ids]) => ids.length > 0)
}

function keyText(key: string): string {
  return JSON.stringify(key.startsWith("$") ? `$${key}` : key)
}
