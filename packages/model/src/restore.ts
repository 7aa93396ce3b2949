import { canonicalJson } from "./canonical.ts"
import type { EditAfterDelete } from "./conflicts.ts"
import type { EditEntry } from "./entry.ts"
import { type Folded, noEdits } from "./fold.ts"
import { storedElements } from "./fold-elements.ts"
import { textsAfterDelete } from "./fold-text.ts"
import { livingEntries } from "./conflicts.ts"
import { ElementDraft } from "./plan-elements.ts"
import type { NewRun, WritePlan } from "./plan-parts.ts"
import { emptied, joinPlans, nothingToWrite, planCreate, planField } from "./plan.ts"
import type { Placed } from "./placed.ts"
import { positionOfName } from "./position.ts"
import { isElementKind } from "./schema.ts"
import type { Value } from "./value.ts"

/** Takes away edits after a delete: those that are named, or all that were seen. */
export function planDiscard(folded: Folded, chosen?: readonly EditAfterDelete[]): WritePlan {
  const texts = textsOf(folded, chosen)
  return {
    append: [],
    supersede: orphansOf(folded, chosen).map(({ at }) => at),
    texts: emptied(texts.map(({ name }) => name)),
  }
}

/**
 * Puts edits after a delete in force, as new writes of the living record; they are discarded with that.
 *
 * Where there is no record they make one, of their fields alone: what else it had is gone with the delete.
 */
export function planRestore(
  id: string,
  folded: Folded,
  nonce: string,
  newRun: NewRun,
  chosen?: readonly EditAfterDelete[],
): WritePlan {
  const orphans = orphansOf(folded, chosen)
  const texts = textsOf(folded, chosen)
  if (orphans.length === 0 && texts.length === 0) return nothingToWrite
  const discard = planDiscard(folded, chosen)
  if (folded.record === undefined) return joinPlans([discard, planRebirth(id, folded, nonce, newRun, orphans, texts)])
  const fields = new Set(orphans.map(({ entry }) => entry.field))
  const plans = [...fields].map((field) =>
    planBack(
      id,
      folded,
      field,
      orphans.filter(({ entry }) => entry.field === field),
      newRun,
    ),
  )
  const typed = texts.map(({ field, value }) => planField(id, folded, field, value, newRun))
  return joinPlans([discard, ...plans, ...typed])
}

type Orphan = Placed<EditEntry>
type TextOrphan = ReturnType<typeof textsAfterDelete>[number]

function orphansOf(folded: Folded, chosen: readonly EditAfterDelete[] | undefined): readonly Orphan[] {
  if (chosen === undefined) return folded.orphans
  const wanted = new Set(chosen.map(identityOf))
  return folded.orphans.filter(({ at, entry }) => wanted.has(identityOf({ ...entry, client: at.client })))
}

function textsOf(folded: Folded, chosen: readonly EditAfterDelete[] | undefined): readonly TextOrphan[] {
  const texts = textsAfterDelete(livingEntries(folded), folded.texts)
  if (chosen === undefined) return texts
  return texts.filter(({ field, value }) =>
    chosen.some((each) => each.field === field && each.element === null && each.value === value),
  )
}

/** Writes of edits to one field. The last of several for one place wins, as it would have in the record. */
export function planBack(
  id: string,
  folded: Folded,
  field: string,
  orphans: readonly { readonly entry: EditEntry }[],
  newRun: NewRun,
): WritePlan {
  const kind = folded.kindOf(field) ?? kindOfOrphans(orphans)
  const whole = orphans.findLast(({ entry }) => entry.element === null)
  if (!isElementKind(kind))
    return whole === undefined ? nothingToWrite : planField(id, folded, field, whole.entry.value, newRun)
  const draft = new ElementDraft(
    id,
    { ...folded, edits: new Map([[field, folded.edits.get(field) ?? noEdits]]) },
    field,
    kind,
  )
  for (const { entry } of lastOfEach(orphans)) {
    if (entry.element === null) continue
    if (entry.part === "position" && Array.isArray(entry.value)) draft.place(entry.element, entry.value)
    else if (entry.value === undefined) draft.remove(entry.element)
    else draft.write(entry.element, entry.value)
  }
  return draft
}

function planRebirth(
  id: string,
  folded: Folded,
  nonce: string,
  newRun: NewRun,
  orphans: readonly Orphan[],
  texts: readonly TextOrphan[],
): WritePlan {
  const fields = new Map<string, unknown>()
  const stored: Record<string, Record<string, Value>> = {}
  for (const { entry } of lastOfEach(orphans)) {
    const { field, element, value } = entry
    if (value === undefined) continue
    if (element === null) fields.set(field, value)
    else if (entry.part === "value") {
      const kind = folded.kindOf(field) ?? kindOfOrphans(orphans.filter((each) => each.entry.field === field))
      const moved = orphans.findLast((each) => each.entry.element === element && each.entry.part === "position")
      const position = Array.isArray(moved?.entry.value) ? moved.entry.value : positionOfName(element)
      const one = storedElements(isElementKind(kind) ? kind : "map", [{ name: element, value, position }])
      stored[field] = { ...stored[field], ...one }
    }
  }
  for (const { field, value } of texts) fields.set(field, value)
  const merged = new Map(fields)
  for (const [field, elements] of Object.entries(stored)) merged.set(field, elements)
  // What is stored already in its form must not be taken for what is to be stored.
  return planCreate(id, nonce, merged, () => "value", newRun)
}

function lastOfEach<T extends { readonly entry: EditEntry }>(orphans: readonly T[]): readonly T[] {
  const last = new Map<string, T>()
  for (const orphan of orphans)
    last.set(canonicalJson([orphan.entry.field, orphan.entry.element, orphan.entry.part]), orphan)
  return [...last.values()]
}

function kindOfOrphans(orphans: readonly { readonly entry: EditEntry }[]): "list" | "map" | "value" {
  if (orphans.some(({ entry }) => entry.part === "position")) return "list"
  return orphans.some(({ entry }) => entry.element !== null) ? "map" : "value"
}

function identityOf({ field, element, part, value, client }: EditAfterDelete): string {
  return canonicalJson([field, element, part, value === undefined ? [] : [value], client])
}
