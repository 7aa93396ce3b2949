import type { Operation } from "@millrace/target"
import type { Contested, Derived, DerivedRecord, InvalidRecord } from "../journal/entry.ts"
import type { View } from "../view/view.ts"
import { hashOf } from "./record-hash.ts"
import type { MergedRecords } from "./merged-records.ts"
import type { TouchedRecord } from "./touch.ts"

type Mutable<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer I)[] ? I[] : T[K] }

/** What looks at records have found so far: the entry to be, without its position. */
export type Findings = Mutable<Pick<Derived, "records" | "invalid" | "mended" | "seen">> & { contested: Contested[] }

export function noFindings(): Findings {
  return { records: [], invalid: [], mended: [], seen: [], contested: [] }
}

export function isEmpty(findings: Findings): boolean {
  return Object.values(findings).every((found) => found.length === 0)
}

/**
 * Looks at one touched record and adds what follows: a change exists when, and only when, a valid record's hash
 * differs from the one derived last, or a record that had a version is gone.
 */
export function lookAt(
  touched: TouchedRecord,
  workspace: string,
  merged: MergedRecords,
  view: View,
  findings: Findings,
): void {
  const { collection, id, touch } = touched
  if (!merged.knows(collection)) return
  const after = merged.canonical(collection, id) ?? null
  const known = view.record(workspace, collection, id)
  const reason = after === null ? undefined : merged.invalid(collection, id)
  if (reason !== undefined) {
    const mark = known?.invalid ?? null
    if (mark === null || mark.reason !== reason || (touch.noted && mark.seq < touch.seq)) {
      findings.invalid.push(invalidRecord(touched, reason))
    }
    return
  }
  // After the record's step, so that there is a row to note it in.
  const contested = after === null ? {} : merged.contested(collection, id)
  if (!sameFields(contested, known?.contested ?? {})) findings.contested.push({ collection, id, fields: contested })
  const hash = after === null ? null : hashOf(after)
  if (hash !== (known?.hash ?? null)) {
    findings.records.push(step(touched, (known?.version ?? 0) + 1, operation(known?.hash ?? null, hash), hash, after))
    return
  }
  if ((known?.invalid ?? null) !== null) findings.mended.push([collection, id])
  if (touch.noted && view.isUnsettled(workspace, collection, id)) findings.seen.push([collection, id, touch.seq])
}

function operation(before: string | null, after: string | null): Operation {
  if (after === null) return "delete"
  return before === null ? "add" : "update"
}

function step(
  { collection, id, touch }: TouchedRecord,
  version: number,
  op: Operation,
  hash: string | null,
  after: string | null,
): DerivedRecord {
  const { author, timeMs, seqFrom, seq } = touch
  const step = { collection, id, version, op, hash, after, author, timeMs, seqFrom, seq }
  return touch.automatic === true ? { ...step, automatic: true } : step
}

function sameFields(a: Contested["fields"], b: Contested["fields"]): boolean {
  const names = Object.keys(a)
  return names.length === Object.keys(b).length && names.every((name) => Object.hasOwn(b, name) && a[name] === b[name])
}

function invalidRecord({ collection, id, touch }: TouchedRecord, reason: string): InvalidRecord {
  return { collection, id, reason, seq: touch.seq, timeMs: touch.timeMs }
}
