import { type Candidate, type ConcurrentEdit, concurrentEdits } from "./conflicts.ts"
import { type Folded, noEdits } from "./fold.ts"
import { fieldOf } from "./fold-text.ts"
import { ElementDraft } from "./plan-elements.ts"
import { editText, nextStamp, type WritePlan } from "./plan-parts.ts"
import { emptied, joinPlans, nothingToWrite, planEdit } from "./plan.ts"
import type { Position } from "./position.ts"
import { isElementKind } from "./schema.ts"
import type { Value } from "./value.ts"

/** Writes what is in force in each disputed place of a field again, so that it supersedes what was seen beside it. */
export function planSettle(id: string, folded: Folded, field: string): WritePlan {
  const disputes = concurrentEdits(folded).filter((edit) => edit.field === field)
  return joinPlans(
    disputes.flatMap((edit) => {
      const [winner] = edit.candidates
      return winner === undefined ? [] : [planChoice(id, folded, edit, winner)]
    }),
  )
}

/** Writes one of the candidates of a disputed place. */
export function planChoice(
  id: string,
  folded: Folded,
  { field, element, part }: Omit<ConcurrentEdit, "candidates">,
  { value }: Pick<Candidate, "value">,
): WritePlan {
  const kind = folded.kindOf(field)
  if (element === null && kind === "text") return planTextChoice(id, folded, field, value)
  if (!isElementKind(kind)) return element === null ? planEdit(id, folded, field, value) : nothingToWrite
  if (element === null) return planWholeChoice(id, folded, field, value)
  const draft = new ElementDraft(id, folded, field, kind)
  if (part === "position") draft.place(element, value as Position)
  else if (value === undefined) draft.remove(element)
  else draft.write(element, value)
  return draft
}

// The elements stay: only whether the field is there was disputed.
function planWholeChoice(id: string, folded: Folded, field: string, value: Value | undefined): WritePlan {
  const { whole, elements } = folded.edits.get(field) ?? noEdits
  const stamp = nextStamp([...whole, ...elements])
  // No creation more than theirs: a write of the whole field hides what the creations that it names gave it.
  const tags = [...new Set(whole.flatMap(({ entry }) => entry.tags))]
  const edit = { id, tags, stamp, field, element: null, part: "value", value } as const
  return { append: [editText(edit)], supersede: whole.map(({ at }) => at) }
}

// A new beginning for the text: what was typed into the others is emptied, what comes to them later is listed.
function planTextChoice(id: string, folded: Folded, field: string, value: Value | undefined): WritePlan {
  const names = [...folded.texts].filter(([name, text]) => text !== "" && fieldOf(name) === field)
  return { ...planEdit(id, folded, field, value), texts: emptied(names.map(([name]) => name)) }
}
