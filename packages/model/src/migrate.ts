import { canonicalJson } from "./canonical.ts"
import { parseCanonical } from "./canonical-parse.ts"
import type { Schema } from "./schema.ts"
import { getOwn, type PlainRecord } from "./value.ts"

/** Brings a record of one version to the next. Returns the very same object where there is nothing to do. */
export type Migration = (record: PlainRecord) => Readonly<Record<string, unknown>>

/**
 * Migrations on read: `{ 1: { tasks: (record) => ... } }` leads the records of `tasks` from version 1 to 2.
 *
 * The layout has no version beside an entry, and could not use one: a merged record has fields of several versions,
 * as clients of several versions write to it at once. So a migration goes by a record's *shape*: a pure function that
 * leaves alone what is new already, as it runs on every read. Hence one rule for schemas: a field never changes its
 * meaning, it gets a new name. Old fields stay in the document for old clients, and for `Collection.raw`.
 */
export type Migrations = Readonly<Record<number, Readonly<Record<string, Migration>>>>

/** All steps of one collection below the schema's version, in order; the identity where there are none. */
export function migrationOf(schema: Schema, collection: string): (record: PlainRecord) => PlainRecord {
  const versions = Object.keys(schema.migrations ?? {}).map(Number)
  const steps = versions
    .filter((version) => version < schema.version)
    .sort((a, b) => a - b)
    .flatMap((version) => {
      const step = getOwn(schema.migrations?.[version] ?? {}, collection)
      return step === undefined ? [] : [step]
    })
  if (steps.length === 0) return (record) => record
  return (record) => {
    let migrated: Readonly<Record<string, unknown>> = record
    try {
      for (const step of steps) migrated = step(migrated as PlainRecord)
      // Frozen and plain like everything that is read, and nothing that could not be stored.
      return migrated === record ? record : (parseCanonical(canonicalJson(migrated)) as PlainRecord)
    } catch {
      // A record that no step was written for stays readable as it is; its reasons tell what is wrong with it.
      return record
    }
  }
}
