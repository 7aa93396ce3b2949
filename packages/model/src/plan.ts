import { MillraceError } from "@millrace/ports"
import { sameValue } from "./canonical.ts"
import { livingEntries } from "./conflicts.ts"
import { encodeCreate } from "./entry.ts"
import { type Folded, type KindOf, noEdits } from "./fold.ts"
import { storedElements } from "./fold-elements.ts"
import { fieldOf, foldText, textName, textsAfterDelete } from "./fold-text.ts"
import { ElementDraft } from "./plan-elements.ts"
import { planList } from "./plan-list.ts"
import { editText, fit, nextStamp, type NewRun, tagsOf, type WritePlan } from "./plan-parts.ts"
import { nameOf, runOf } from "./position.ts"
import { isElementKind } from "./schema.ts"
import type { TextStep } from "./text-store.ts"
import { getOwn, type PlainRecord, setOwn, type Value } from "./value.ts"

export const nothingToWrite: WritePlan = { append: [], supersede: [] }

export function isNothing({ append, supersede, texts }: WritePlan): boolean {
  return append.length === 0 && supersede.length === 0 && (texts ?? []).length === 0
}

export function joinPlans(plans: Iterable<WritePlan>): WritePlan {
  const all = [...plans]
  return {
    append: all.flatMap(({ append }) => append),
    supersede: all.flatMap(({ supersede }) => supersede),
    texts: all.flatMap(({ texts }) => texts ?? []),
  }
}

/** A creation, for an id that has no living one. Edits after an earlier delete stay as they are. */
export function planCreate(
  id: string,
  nonce: string,
  fields: ReadonlyMap<string, unknown>,
  kindOf: KindOf,
  newRun: NewRun,
): WritePlan {
  mustTravel(id)
  const stored: Record<string, unknown> = {}
  for (const [field, value] of fields) setOwn(stored, field, storedField(kindOf, field, value, newRun))
  return { append: [fit(id, encodeCreate(id, nonce, stored))], supersede: [] }
}

/** Half of a surrogate pair has no UTF-8 form: other replicas would get another id. */
function mustTravel(id: string): void {
  if (!/\p{Surrogate}/u.test(id)) return
  throw new MillraceError(
    `The id ${JSON.stringify(id)} holds half of a surrogate pair, which is no text: leave it out.`,
    {
      kind: "invalid",
    },
  )
}

/** Writes of those fields of a living record that differ from what it has; `undefined` removes. */
export function planEdits(
  id: string,
  folded: Folded,
  fields: Iterable<readonly [string, unknown]>,
  newRun: NewRun,
): WritePlan {
  const plans: WritePlan[] = []
  for (const [field, value] of fields) {
    if (!sameValue(value, getOwn(folded.raw ?? {}, field))) {
      plans.push(planField(id, folded, field, value as Value | undefined, newRun))
    }
  }
  return joinPlans(plans)
}

/** A write of one field as its kind has it, so that it says `value`; what did not differ is not written. */
export function planField(
  id: string,
  folded: Folded,
  field: string,
  value: Value | undefined,
  newRun: NewRun,
): WritePlan {
  const kind = folded.kindOf(field)
  if (kind === "text" && (value === undefined || typeof value === "string")) return planText(id, folded, field, value)
  if (value === undefined || !isElementKind(kind)) return planEdit(id, folded, field, value)
  const draft = new ElementDraft(id, folded, field, kind)
  if (kind === "list") planList(draft, value as readonly Value[], newRun)
  else if (kind === "set") draft.become(new Map((value as readonly string[]).map((name) => [name, 1])))
  else draft.become(new Map(Object.entries(value as PlainRecord)))
  return draft
}

/** A write of a field as a whole, whether or not its value differs: what was seen of the field is superseded. */
export function planEdit(id: string, folded: Folded, field: string, value: Value | undefined): WritePlan {
  const { whole, elements } = folded.edits.get(field) ?? noEdits
  const seen = [...whole, ...elements]
  const edit = { id, tags: tagsOf(folded), stamp: nextStamp(seen), field, element: null, part: "value", value } as const
  return { append: [editText(edit)], supersede: seen.map(({ at }) => at) }
}

/** Takes away every creation and active edit that was seen, and empties the texts; edits after a delete stay. */
export function planDelete(folded: Folded): WritePlan {
  const living = [...livingEntries(folded)]
  if (living.length === 0) return nothingToWrite
  // A text that outlived an earlier delete is an edit after that one, and stays.
  const outlived = new Set(textsAfterDelete(living, folded.texts).map(({ name }) => name))
  const typed = [...folded.texts.keys()].filter((name) => !outlived.has(name))
  return { append: [], supersede: living.map(({ at }) => at), texts: emptied(typed) }
}

/** Steps that empty texts, which must be there; they are never deleted. */
export function emptied(names: Iterable<string>): readonly TextStep[] {
  return [...names].map((name) => ({ name, first: "", value: "" }))
}

// Typed into already, a text changes letter by letter; before that too, as others may be typing right now.
function planText(id: string, folded: Folded, field: string, value: string | undefined): WritePlan {
  const edits = folded.edits.get(field) ?? noEdits
  const { source, value: shown } = foldText(folded.creations, field, edits, folded.texts)
  if (source === undefined) return nothingToWrite
  if (value === undefined) {
    const outlived = new Set(textsAfterDelete(livingEntries(folded), folded.texts).map(({ name }) => name))
    const mine = [...folded.texts.keys()].filter((name) => fieldOf(name) === field && !outlived.has(name))
    return { ...planEdit(id, folded, field, undefined), texts: emptied(mine) }
  }
  // What was removed begins anew: with the entry that brings it back, not with what it was created with.
  if (shown === undefined && edits.whole.length > 0) return planEdit(id, folded, field, value)
  const name = textName(source.source, field)
  return { append: [], supersede: [], texts: [{ name, first: source.first ?? "", value }] }
}

function storedField(kindOf: KindOf, field: string, value: unknown, newRun: NewRun): unknown {
  const kind = kindOf(field)
  if (kind === "set") {
    return Object.fromEntries((value as readonly string[]).map((name) => [name, 1]))
  }
  if (kind !== "list") return value
  const items = value as readonly Value[]
  const positions = items.length === 0 ? [] : runOf(items.length, newRun())
  return storedElements(
    "list",
    positions.map((position, at) => ({ name: nameOf(position), value: items[at] ?? null, position })),
  )
}
