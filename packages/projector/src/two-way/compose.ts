import { type Change, fieldRule } from "@millrace/target"
import { type Binding, comesBack } from "../binding.ts"
import { hashOf } from "../derive/record-hash.ts"
import type { BaseRow } from "../view/rows.ts"
import { at, fieldsOf, recordText, withField } from "./fields.ts"

/**
 * What a state target is given for a change: fields that are in dispute, that the target owns, or that are just being
 * written back stand as the target has them.
 */
export function compose(binding: Binding, change: Change, base: BaseRow | undefined): Change {
  if (change.after === null || !comesBack(binding, change.collection)) return change
  const ours = fieldsOf(change.after)
  const theirs = fieldsOf(base?.observed)
  const composed = new Map(ours)
  for (const field of new Set([...ours.keys(), ...theirs.keys()])) {
    const rule = fieldRule(binding.ownership ?? {}, change.collection, field)
    const pending = base?.pending?.fields[field]
    if (pending !== undefined) withField(composed, field, pending.value)
    else if (rule.owner === "target" || base?.disputes?.[field] !== undefined) {
      withField(composed, field, at(theirs, field))
    } else if (rule.null === "omit" && !ours.has(field)) withField(composed, field, at(theirs, field))
  }
  const after = recordText(composed)
  return after === change.after ? change : { ...change, after, hash: hashOf(after) }
}
