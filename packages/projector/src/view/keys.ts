import { createHash } from "node:crypto"

/** A key of the view; LMDB orders element by element. */
export type ViewKey = (string | number)[]

/** Sorts after every string that may stand in a key. */
export const afterAll = "\u{10ffff}"

// A key takes 1,978 bytes in all, and the ordered encoding gives control characters a meaning of its own.
const plain = /^[^#\p{Cc}\p{Cs}\u{10ffff}][^\p{Cc}\p{Cs}]{0,299}$/u

/** A name or id as one element of a key: itself, or its hash where it is long or unusual. Never two for one. */
export function element(text: string): string {
  if (plain.test(text)) return text
  return `#${createHash("sha256").update(JSON.stringify(text), "utf8").digest("hex")}`
}

export function recordKey(workspace: string, collection: string, id: string): ViewKey {
  return [workspace, element(collection), element(id)]
}

export function laneKey(binding: string, workspace: string, collection: string, id: string): ViewKey {
  return [binding, workspace, element(collection), element(id)]
}

/** Every key that begins with these elements. */
export function under(...prefix: ViewKey): { start: ViewKey; end: ViewKey } {
  return { start: prefix, end: [...prefix, afterAll] }
}
