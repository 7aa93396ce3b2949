import { MillraceError } from "@millrace/ports"
import type { BagStore } from "./bag-store.ts"
import type { RecordName } from "./change.ts"
import type { DeleteRule, Schema } from "./schema.ts"
import { getOwn } from "./value.ts"

/** A field whose values are ids of a collection. */
export interface RefRule {
  readonly from: string
  readonly field: string
  readonly to: string
  readonly onDelete: DeleteRule
}

/** A record that refers to one which does not exist: deleted without having been seen, or not here yet. */
export interface Orphan extends RecordName {
  readonly field: string
  readonly missing: RecordName
}

export function refRulesOf(schema: Schema): readonly RefRule[] {
  return Object.entries(schema.collections).flatMap(([from, { fields }]) =>
    Object.entries(fields).flatMap(([field, each]) =>
      each.kind === "ref" ? [{ from, field, to: each.collection, onDelete: each.onDelete }] : [],
    ),
  )
}

/** Records that this replica has seen to refer to a record. */
export function referrersOf(
  store: BagStore,
  { collection, id }: RecordName,
): readonly (RecordName & { readonly rule: RefRule })[] {
  return store.refRules
    .filter(({ to }) => to === collection)
    .flatMap((rule) =>
      store
        .fieldIndex(rule.from, rule.field)
        .idsOf(id)
        .map((referrer) => ({ collection: rule.from, id: referrer, rule })),
    )
}

/**
 * The record and everything that goes with it when it is deleted.
 *
 * @throws MillraceError `conflict` naming a record that restricts the delete and would not go itself.
 */
export function deletedWith(store: BagStore, name: RecordName): readonly RecordName[] {
  const going = new Map<string, RecordName>([[keyOf(name), name]])
  const restricting: (RecordName & { readonly rule: RefRule })[] = []
  // The map grows while it is walked, each record once: references may run in circles.
  for (const each of going.values()) {
    for (const referrer of referrersOf(store, each)) {
      const key = keyOf(referrer)
      if (referrer.rule.onDelete === "restrict") restricting.push(referrer)
      else if (!going.has(key)) going.set(key, { collection: referrer.collection, id: referrer.id })
    }
  }
  const left = restricting.filter((each) => !going.has(keyOf(each)))
  const [first] = left
  if (first === undefined) return [...going.values()]
  throw new MillraceError(
    `The record "${name.id}" of "${name.collection}" was not deleted: ${left.length} records restrict it, among them "${first.id}" of "${first.collection}" by its field "${first.rule.field}". Change or delete those first.`,
    { kind: "conflict" },
  )
}

/** Every record that refers to what does not exist. */
export function orphansOf(store: BagStore): readonly Orphan[] {
  return store.refRules.flatMap(({ from, field, to }) => {
    const index = store.fieldIndex(from, field)
    return [...index.keys()].flatMap((missing) =>
      typeof missing !== "string" || store.index(to).fold(missing).record !== undefined
        ? []
        : index.idsOf(missing).map((id) => ({ collection: from, id, field, missing: { collection: to, id: missing } })),
    )
  })
}

/** Whether a collection is referred to at all. */
export function isReferredTo(store: BagStore, collection: string): boolean {
  return (
    store.refRules.some(({ to }) => to === collection) && getOwn(store.schema.collections, collection) !== undefined
  )
}

function keyOf({ collection, id }: RecordName): string {
  return JSON.stringify([collection, id])
}
