import type { BagStore } from "./bag-store.ts"
import { canonicalJson } from "./canonical.ts"
import { sha256Hex } from "./hash.ts"
import { planCreate } from "./plan.ts"
import { seedClientOf } from "./seed-client.ts"
import { validRecord } from "./validate.ts"
import { compareText, getOwn, type PlainRecord } from "./value.ts"

/**
 * Puts the records that an application starts with into a collection.
 *
 * Everything about them is a function of their content: replicas that seed apart, offline, have one copy. What was
 * seeded once does not come back when it was deleted since. The records of one call are one unit: more of them are a
 * further call with only the new ones. Returns false where they are, or once were, in the document.
 *
 * @throws MillraceError `invalid` as `put` does.
 */
export function seedRecords(store: BagStore, collection: string, rows: Readonly<Record<string, PlainRecord>>): boolean {
  const schema = getOwn(store.schema.collections, collection)
  const { kindOf } = store.index(collection).reading
  const entries = Object.entries(rows)
    .sort(([a], [b]) => compareText(a, b))
    .flatMap(([id, row]) => {
      const fields =
        schema === undefined ? new Map(Object.entries(row)) : validRecord([collection, id], schema, row, undefined)
      const hash = sha256Hex(canonicalJson([collection, id, row]))
      // Sorts before every nonce of a clock, so that whoever wrote the record himself is not overridden.
      return planCreate(id, `000000000${hash.slice(0, 16)}`, fields, kindOf, () => hash.slice(0, 12)).append
    })
  return store.seed(collection, seedClientOf([collection, entries]), entries)
}
