import type { ObservedRecord, StateTarget } from "@millrace/target"
import type { Binding } from "../binding.ts"
import { wholeRecord } from "../journal/two-way-entries.ts"
import { type Decision, decide } from "../two-way/decide.ts"
import { fieldsOf, recordText } from "../two-way/fields.ts"
import type { View } from "../view/view.ts"

export interface Adopting {
  readonly view: View
  readonly binding: Binding
  readonly target: StateTarget
  readonly workspace: string
  readonly seen: ObservedRecord
  readonly timeMs: number
}

/**
 * A record of the target that comes into the workspace: made there where it is not, and what both sides agree on from
 * then on. Where it is there already it is compared as in any look. Undefined where nothing is to be done.
 */
export function adoptOne({ view, binding, target, workspace, seen, timeMs }: Adopting): Decision | undefined {
  const { collection, id, owner = "ours", remote } = seen
  const record = view.record(workspace, collection, id)
  const fields = recordText(fieldsOf(seen.fields))
  if (record?.after == null) {
    const item = { collection, id, observed: fields, sent: fields, timeMs, owner }
    const writes = { [wholeRecord]: { value: fields, local: null } }
    return { item: remote === undefined ? item : { ...item, remote }, writes }
  }
  const base = view.base(binding.name, workspace, collection, id)
  const kept = target.fieldsOf?.(collection)
  return decide({ binding, collection, id, record, base, seen: { ...seen, fields }, kept, timeMs })
}
