import { MillraceError } from "@millrace/ports"
import type { BagEntry } from "./bag-entry.ts"
import { type EditEntry, encodeEdit, maxEntryChars } from "./entry.ts"
import type { Folded } from "./fold.ts"
import type { TextStep } from "./text-store.ts"

/** What a write comes to: entries to put in, entries that it supersedes and has seen, and texts to change. */
export interface WritePlan {
  readonly append: readonly string[]
  readonly supersede: readonly BagEntry[]
  readonly texts?: readonly TextStep[]
}

/** Draws the id of a new run of list elements. */
export type NewRun = () => string

/** Nonces of the living creations. */
export function tagsOf({ creations }: Folded): readonly string[] {
  return [...new Set(creations.map(({ entry }) => entry.nonce))]
}

/** One more than the highest stamp that was seen. */
export function nextStamp(seen: Iterable<{ readonly entry: EditEntry }>): number {
  let highest = 0
  for (const { entry } of seen) highest = Math.max(highest, entry.stamp)
  return Math.min(highest + 1, Number.MAX_SAFE_INTEGER)
}

export function editText(edit: Omit<EditEntry, "kind">): string {
  return fit(edit.id, encodeEdit(edit))
}

/** Refuses an entry that fits into no message. */
export function fit(id: string, text: string): string {
  if (text.length <= maxEntryChars) return text
  throw new MillraceError(
    `A write to the record "${id.slice(0, 100)}" has ${text.length} characters; ${maxEntryChars} fit. Keep large content elsewhere and store its address.`,
    { kind: "too-large" },
  )
}
