import type { Doc, Map as YMap } from "yjs"

/**
 * A person's answer to a conflict between the document and a target. "Keep ours" changes no field, so answers are kept by
 * themselves, under the conflict's id in the root map `$resolutions`.
 */
export interface Resolution {
  /** `ours` what the document says goes to the target, `theirs` what the target says comes back, `value` both get it. */
  readonly choice: "ours" | "theirs" | "value"
  /** With `value`: the field's value as canonical JSON text; null removes the field. */
  readonly value?: string | null
  /** The conflict's `baseHash`: an answer to other values than the present ones is not taken. */
  readonly baseHash: string
  /** Who answered, for people. */
  readonly by: string
}

/** A document's answers by conflict id. Write one with `set`; the projector deletes what it has carried out. */
export function resolutionsOf(doc: Doc): YMap<Resolution> {
  return doc.getMap<Resolution>("$resolutions")
}

/** Whether what stands in the map is an answer: anybody who may write the document may write anything there. */
export function isResolution(given: unknown): given is Resolution {
  if (typeof given !== "object" || given === null) return false
  const { choice, value, baseHash, by } = given as Readonly<Record<string, unknown>>
  const isChoice = choice === "ours" || choice === "theirs" || choice === "value"
  const isValue = value === undefined || value === null || typeof value === "string"
  const hasValue = choice !== "value" || value !== undefined
  return isChoice && isValue && hasValue && typeof baseHash === "string" && typeof by === "string"
}
