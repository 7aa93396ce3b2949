import { canonicalJson, parseCanonical } from "@millrace/model"
import { hashOf } from "../derive/record-hash.ts"
import type { Tables } from "./tables.ts"

/**
 * Brings every record's text and hash to the present canonical form, so that the next look finds nothing changed.
 *
 * Outstanding changes keep the text and the hash that they were derived with: their ids are what they were.
 */
export function applyForm(tables: Tables): void {
  for (const { key, value } of Array.from(tables.records.getRange())) {
    if (value.after === null) continue
    const after = inPresentForm(value.after)
    if (after !== value.after || value.hash !== hashOf(after)) {
      tables.records.putSync(key, { ...value, after, hash: hashOf(after) })
    }
  }
  for (const { key, value } of Array.from(tables.released.getRange())) {
    if (value.after === null) continue
    const after = inPresentForm(value.after)
    tables.released.putSync(key, { ...value, after, hash: hashOf(after) })
  }
}

function inPresentForm(text: string): string {
  try {
    parseCanonical(text)
    return text
  } catch {
    // Another order of keys or another way of writing a value: JSON all the same.
    return canonicalJson(JSON.parse(text))
  }
}
