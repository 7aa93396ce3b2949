import { MillraceError } from "@millrace/ports"
import type { BagEntry } from "./bag-entry.ts"
import { sameValue } from "./canonical.ts"
import { encodeCreate, encodeEdit, maxEntryChars } from "./entry.ts"
import type { Folded } from "./fold.ts"
import { getOwn, type Value } from "./value.ts"

/** What a write comes to: entries to put in, and entries that it supersedes and has seen. */
export interface WritePlan {
  readonly append: readonly string[]
  readonly supersede: readonly BagEntry[]
}

export const nothingToWrite: WritePlan = { append: [], supersede: [] }

/** A creation, for an id that has no living one. Edits after an earlier delete stay as they are. */
export function planCreate(id: string, nonce: string, fields: ReadonlyMap<string, unknown>): WritePlan {
  return { append: [fit(id, encodeCreate(id, nonce, Object.fromEntries(fields)))], supersede: [] }
}

/** Writes of those fields of a living record that differ from what it has; `undefined` removes. */
export function planEdits(id: string, folded: Folded, fields: Iterable<readonly [string, unknown]>): WritePlan {
  const append: string[] = []
  const supersede: BagEntry[] = []
  for (const [field, value] of fields) {
    if (sameValue(value, getOwn(folded.record ?? {}, field))) continue
    const step = planEdit(id, folded, field, value as Value | undefined)
    append.push(...step.append)
    supersede.push(...step.supersede)
  }
  return { append, supersede }
}

/** A write of one field, whether or not its value differs: what was seen of the field is superseded. */
export function planEdit(id: string, folded: Folded, field: string, value: Value | undefined): WritePlan {
  const { whole, elements } = folded.edits.get(field) ?? { whole: [], elements: [] }
  const seen = [...whole, ...elements]
  const stamp = seen.reduce((highest, { entry }) => Math.max(highest, entry.stamp), 0) + 1
  const edit = encodeEdit({
    id,
    tags: [...new Set(folded.creations.map(({ entry }) => entry.nonce))],
    stamp: Math.min(stamp, Number.MAX_SAFE_INTEGER),
    field,
    element: null,
    part: "value",
    value,
  })
  return { append: [fit(id, edit)], supersede: seen.map(({ at }) => at) }
}

/** Takes away every creation and active edit that was seen; edits after an earlier delete stay. */
export function planDelete(folded: Folded): WritePlan {
  const edits = [...folded.edits.values()].flatMap(({ whole, elements }) => [...whole, ...elements])
  return { append: [], supersede: [...folded.creations, ...edits].map(({ at }) => at) }
}

/** Takes away the edits after a delete that were seen. */
export function planDiscard(folded: Folded): WritePlan {
  return { append: [], supersede: folded.orphans.map(({ at }) => at) }
}

function fit(id: string, text: string): string {
  if (text.length <= maxEntryChars) return text
  throw new MillraceError(
    `A write to the record "${id.slice(0, 100)}" has ${text.length} characters; ${maxEntryChars} fit. Keep large content elsewhere and store its address.`,
    { kind: "too-large" },
  )
}
