/**
 * Who may change a field.
 *
 * - `app` people in the application; what the target changes is put back
 * - `target` the target; what it says is written back, and what people type into it is put back
 * - `shared` both
 */
export type FieldOwner = "app" | "target" | "shared"

/**
 * What becomes of a shared field that both sides changed since the last time they agreed.
 *
 * - `ours` what people typed is sent
 * - `theirs` what the target holds is written back
 * - `union` sets, lists and maps keep what either side has and neither removed; anything else is asked
 * - `text-merge` texts are merged word by word; where the same words changed it is asked
 * - `ask` the field alone waits, in both directions, for a person
 */
export type ConflictPolicy = "ours" | "theirs" | "union" | "text-merge" | "ask"

export interface FieldRule {
  readonly owner: FieldOwner
  /** Of a shared field; left out: `ask`. */
  readonly onConflict?: ConflictPolicy
  /** What a field without a value means to the target: nothing (`omit`), or that it is to be empty (`clear`, the default). */
  readonly null?: "omit" | "clear"
}

/** Rules by collection and field; `*` stands for every field, or collection, that is not named. Unnamed: owner `app`. */
export type Ownership = Readonly<Record<string, Readonly<Record<string, FieldRule>>>>

const ownedByApp: FieldRule = { owner: "app" }

/** The rule of one field. */
export function fieldRule(ownership: Ownership, collection: string, field: string): FieldRule {
  const fields = own(ownership, collection) ?? own(ownership, "*") ?? {}
  return own(fields, field) ?? own(fields, "*") ?? ownedByApp
}

/** Whether anything of a collection may come back from the target. */
export function isTwoWay(ownership: Ownership, collection: string): boolean {
  const fields = own(ownership, collection) ?? own(ownership, "*") ?? {}
  return Object.values(fields).some(({ owner }) => owner !== "app")
}

function own<T>(object: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined
}
