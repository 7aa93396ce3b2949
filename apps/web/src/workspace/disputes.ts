import { canonicalJson, type Candidate, type EditAfterDelete, type Place, type Records } from "@millrace/model"
import type { PlatformSchema } from "@millrace/workspace"

export type DisputedCollection = "datasets" | "columns"

export interface Choice {
  readonly text: string
  readonly value: Candidate["value"]
}

/** A place where writes that did not see each other differ, or a write to a record that somebody had deleted. */
export interface Dispute extends Place {
  readonly key: string
  readonly collection: DisputedCollection
  readonly id: string
  readonly title: string
  readonly meaning: string
  /** The first is in force: to choose it ends the dispute as well. Without, none of them is in force. */
  readonly hasWinner: boolean
  readonly choices: readonly Choice[]
  /** Set where the record had been deleted. */
  readonly late: EditAfterDelete | undefined
}

/** The disputes of a record, in the order of the model. */
export function disputesOf(
  records: Records<PlatformSchema>,
  collection: DisputedCollection,
  id: string,
): readonly Dispute[] {
  const source = records.collection(collection)
  const name = (place: Place): string => (place.element === null ? place.field : `${place.field}, ${place.element}`)
  const key = (place: Place, kind: string): string =>
    JSON.stringify([kind, collection, id, place.field, place.element, place.part])
  const concurrent = source.concurrent(id).map((edit): Dispute => ({
    ...edit,
    key: key(edit, "concurrent"),
    collection,
    id,
    title: `${id}: ${name(edit)}`,
    meaning: "The first is in force. Choose one to settle it.",
    hasWinner: true,
    choices: distinct(edit.candidates),
    late: undefined,
  }))
  const late = source.editsAfterDelete(id).map((edit): Dispute => ({
    field: edit.field,
    element: edit.element,
    part: edit.part,
    key: key(edit, `late ${canonicalJson(edit.value ?? null)}`),
    collection,
    id,
    title: `${id}: ${name(edit)}`,
    meaning: "Written to what somebody else had deleted; in force nowhere. Choose it to bring it back.",
    hasWinner: false,
    choices: distinct([edit]),
    late: edit,
  }))
  return [...concurrent, ...late]
}

function distinct(candidates: readonly Pick<Candidate, "value">[]): readonly Choice[] {
  const byText = new Map<string, Choice>()
  for (const { value } of candidates) {
    const text = textOf(value)
    if (!byText.has(text)) byText.set(text, { text, value })
  }
  return [...byText.values()]
}

function textOf(value: Candidate["value"]): string {
  if (value === undefined) return "(removed)"
  return typeof value === "string" ? `“${value}”` : canonicalJson(value)
}
