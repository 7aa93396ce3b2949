import type { RecordId } from "./observation.ts"
import { sortedJson } from "./sorted-json.ts"

/** One field before and after, each as canonical JSON text; null for a field that is not there. */
export interface FieldDiff {
  readonly field: string
  readonly before: string | null
  readonly after: string | null
}

export interface PlannedStep extends RecordId {
  readonly action: "create" | "update" | "delete" | "send" | "none"
  /** One line for people. */
  readonly summary: string
  /** What changes at the target, field by field, where it holds fields. */
  readonly diff?: readonly FieldDiff[]
  /** A definition's difference as the target itself tells it, or as unified text: several lines for people. */
  readonly text?: string
  /** Why the step would be refused, where `plan` can tell: a definition that does not validate, a missing file. */
  readonly problem?: string
}

/** The fields in which two records, each canonical JSON text or null, differ; sorted by name. */
export function fieldDiff(before: string | null, after: string | null): readonly FieldDiff[] {
  const [old, now] = [fieldTexts(before), fieldTexts(after)]
  return [...new Set([...old.keys(), ...now.keys()])]
    .sort()
    .filter((field) => old.get(field) !== now.get(field))
    .map((field) => ({ field, before: old.get(field) ?? null, after: now.get(field) ?? null }))
}

/** Each field of a record in canonical form as canonical text of its own. */
export function fieldTexts(record: string | null): ReadonlyMap<string, string> {
  if (record === null) return new Map()

  const fields = JSON.parse(record) as Readonly<Record<string, unknown>>
  return new Map(Object.entries(fields).map(([field, value]) => [field, sortedJson(value)]))
}
