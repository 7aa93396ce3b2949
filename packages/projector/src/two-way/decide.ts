import { fieldRule, type ObservedRecord, type Owner, type Remote } from "@millrace/target"
import { type Binding, deletePolicy } from "../binding.ts"
import { hashOf } from "../derive/record-hash.ts"
import {
  type Dispute,
  type FieldText,
  type PendingWrite,
  type ReconciledItem,
  wholeRecord,
} from "../journal/two-way-entries.ts"
import type { BaseRow, RecordRow } from "../view/rows.ts"
import { at, type FieldMap, fieldsOf, recordText, withField } from "./fields.ts"
import { textMerge, union } from "./merge.ts"
import { type Outcome, outcomeTable, policyOf, situationOf } from "./situation.ts"

export interface Looked {
  readonly binding: Binding
  readonly collection: string
  readonly id: string
  readonly record: RecordRow | undefined
  readonly base: BaseRow | undefined
  /** What the target holds; null where it has no such record. */
  readonly seen: Pick<ObservedRecord, "fields" | "owner" | "remote"> | null
  /** Fields that the target keeps; undefined: all. */
  readonly kept: readonly string[] | undefined
  readonly timeMs: number
}

type Writes = Record<string, { readonly value: FieldText; readonly local: FieldText }>
type Wrote = Record<string, { readonly base: FieldText; readonly baseTheirs: FieldText }>

/** What is to be journalled and written; the pending write has no client yet. */
export interface Decision {
  readonly item: Omit<ReconciledItem, "pending">
  readonly writes: PendingWrite["fields"]
}

/**
 * Compares a record on both sides with what both last agreed on. Pure; undefined where nothing differs from what is
 * known.
 *
 * A person's edit that had not seen a write-back counts against it as a change of both sides, whenever it comes.
 */
export function decide(looked: Looked): Decision | undefined {
  const { record, base, seen } = looked
  const ours = record?.after ?? null
  const observed = seen?.fields ?? null
  const known = { sent: base?.sent ?? null, observed: base?.observed ?? null }
  if (base?.pending !== undefined) return undefined
  const whole = decideWhole(looked, ours, observed)
  if (whole !== undefined) return whole === "nothing" ? undefined : whole
  const draft = new Draft(looked, fieldsOf(known.sent), fieldsOf(known.observed))
  const names = new Set([...draft.ours.keys(), ...draft.theirs.keys(), ...draft.sent.keys(), ...draft.observed.keys()])
  for (const field of [...names].sort()) if (keeps(looked.kept, field)) draft.decide(field)
  const item = draft.item()
  const changed =
    item.observed !== known.observed ||
    item.sent !== known.sent ||
    item.resend === true ||
    draft.disputesChanged ||
    (base?.owner ?? "ours") !== (item.owner ?? "ours") ||
    differs(item.remote, base?.remote)
  return changed || Object.keys(draft.writes).length > 0 ? { item, writes: draft.writes } : undefined
}

/** One side has no such record. */
function decideWhole(looked: Looked, ours: string | null, observed: string | null): Decision | "nothing" | undefined {
  const { binding, collection, id, base, seen, timeMs } = looked
  const owner = seen?.owner ?? base?.owner ?? "ours"
  const head = { collection, id, timeMs, ...remoteOf(seen, base), owner }
  const had = base !== undefined && (base.observed !== null || base.disputes?.[wholeRecord] !== undefined)
  if (ours === null && observed === null)
    return had ? { item: { ...head, observed, sent: null, disputes: {} }, writes: {} } : "nothing"
  if (ours !== null && observed !== null) {
    return base?.disputes?.[wholeRecord] === undefined
      ? undefined
      : { item: { ...head, observed, sent: base.sent, disputes: {} }, writes: {} }
  }
  // Never applied: what is only here goes out as it is, what is only there is adopted when somebody says so.
  if (!had) return "nothing"
  const policy = deletePolicy(binding, collection)
  if (ours === null) {
    if (owner === "foreign") return "nothing"
    const isChanged = observed !== base.observed
    if (base.disputes?.[wholeRecord] !== undefined && !isChanged) return "nothing"
    if (!isChanged || policy === "ours")
      return isChanged ? { item: { ...head, observed, sent: base.sent }, writes: {} } : "nothing"
    if (policy === "theirs") {
      return {
        item: { ...head, observed, sent: observed },
        writes: { [wholeRecord]: { value: observed, local: null } },
      }
    }
    return dispute(head, base, { ours, theirs: observed }, observed)
  }
  const oursChanged = ours !== base.sent && base.disputes?.[wholeRecord] === undefined
  if (policy === "ours") {
    return {
      item: { ...head, observed: null, sent: null, disputes: {}, resend: true, automatic: hashOf(`restore ${ours}`) },
      writes: {},
    }
  }
  if (policy === "theirs" && !oursChanged) {
    return {
      item: { ...head, observed: null, sent: null, disputes: {} },
      writes: { [wholeRecord]: { value: null, local: ours } },
    }
  }
  if (base.disputes?.[wholeRecord]?.ours === ours) return "nothing"
  return dispute(head, base, { ours, theirs: null }, null)
}

function dispute(
  head: Pick<ReconciledItem, "collection" | "id" | "timeMs">,
  base: BaseRow,
  sides: Pick<Dispute, "ours" | "theirs">,
  observed: string | null,
): Decision {
  const open = base.disputes?.[wholeRecord]
  const made: Dispute = {
    base: open?.base ?? base.sent,
    baseTheirs: open?.baseTheirs ?? base.observed,
    ...sides,
    sinceMs: open?.sinceMs ?? head.timeMs,
  }
  return { item: { ...head, observed, sent: base.sent, disputes: { [wholeRecord]: made } }, writes: {} }
}

/** The decision of one record, field by field. */
class Draft {
  readonly ours: FieldMap
  readonly theirs: FieldMap
  readonly sent: Map<string, string>
  readonly observed: Map<string, string>
  readonly writes: Writes = {}
  readonly #looked: Looked
  readonly #owner: Owner
  readonly #disputes: Record<string, Dispute> = {}
  readonly #wrote: Wrote = {}
  readonly #automatic: string[] = []
  #resend = false

  constructor(looked: Looked, sent: FieldMap, observed: FieldMap) {
    this.#looked = looked
    this.#owner = looked.seen?.owner ?? looked.base?.owner ?? "ours"
    this.ours = fieldsOf(looked.record?.after)
    // A target that has nothing yet agrees with all that it is about to be given.
    this.theirs = looked.seen === null ? observed : fieldsOf(looked.seen.fields)
    this.sent = new Map(sent)
    this.observed = new Map(observed)
  }

  decide(field: string): void {
    const { binding, collection, base, record, timeMs } = this.#looked
    const [ours, theirs] = [at(this.ours, field), at(this.theirs, field)]
    const open = base?.disputes?.[field]
    const lost =
      record?.contested !== undefined && Object.hasOwn(record.contested, field) ? record.contested[field] : undefined
    const wrote = base?.wrote?.[field]
    // What was written back and lost to somebody who had not seen it is in dispute from before the write-back.
    const isLate = lost !== undefined && lost === at(this.sent, field) && ours !== lost && wrote !== undefined
    const from = open ?? (isLate ? wrote : { base: at(this.sent, field), baseTheirs: at(this.observed, field) })
    const situation =
      isLate && open === undefined ? "both" : situationOf(ours !== from.base, theirs !== from.baseTheirs)
    const policy = policyOf(fieldRule(binding.ownership ?? {}, collection, field), this.#owner)
    const isAgreed = situation !== "quiet" && ours === theirs
    const dispute = { base: from.base, baseTheirs: from.baseTheirs, ours, theirs, sinceMs: open?.sinceMs ?? timeMs }
    if (isAgreed) withField(this.sent, field, ours)
    else this.#carryOut(field, policy === "target" ? "t:" : "", outcomeTable[policy][situation], dispute)
    withField(this.observed, field, theirs)
  }

  /** Whether other fields, or other values, are in dispute than before. */
  get disputesChanged(): boolean {
    const open = this.#looked.base?.disputes ?? {}
    const names = Object.keys(this.#disputes)
    return (
      names.length !== Object.keys(open).length ||
      names.some(
        (field) =>
          open[field]?.ours !== this.#disputes[field]?.ours || open[field]?.theirs !== this.#disputes[field]?.theirs,
      )
    )
  }

  item(): Decision["item"] {
    const { collection, id, base, seen, timeMs } = this.#looked
    const isKnown = seen !== null || base?.observed != null
    return {
      collection,
      id,
      observed: seen === null ? null : recordText(this.observed),
      sent: isKnown && (base?.sent != null || this.sent.size > 0) ? recordText(this.sent) : null,
      timeMs,
      ...remoteOf(seen, base),
      owner: this.#owner,
      ...(this.disputesChanged ? { disputes: this.#disputes } : {}),
      ...(Object.keys(this.#wrote).length === 0 ? {} : { wrote: this.#wrote }),
      ...(this.#resend ? { resend: true } : {}),
      ...(this.#automatic.length === 0 ? {} : { automatic: automaticHash(this.#automatic) }),
    }
  }

  #carryOut(field: string, mark: string, outcome: Outcome, dispute: Dispute): void {
    const { base, ours, theirs } = dispute
    switch (outcome) {
      case "none":
        return
      case "send":
        // What was in dispute was left out of what went, or has no version of its own to go with.
        if (at(this.sent, field) === base) return
        withField(this.sent, field, base)
        this.#resend = true
        return
      case "restore":
        this.#resend = true
        this.#automatic.push(`restore ${field} ${ours}`)
        return
      case "write":
        this.#write(field, mark, theirs, dispute)
        return
      case "ask":
        // Both stay as they are; what goes out of the record meanwhile has theirs in this field.
        this.#disputes[field] = dispute
        withField(this.sent, field, theirs)
        return
      case "union":
      case "text-merge": {
        const merged = outcome === "union" ? union(dispute) : textMerge(dispute)
        if (merged === undefined) this.#carryOut(field, mark, "ask", dispute)
        else if (merged === ours) this.#carryOut(field, mark, "send", dispute)
        else {
          this.#write(field, mark, merged, dispute)
          // The version that comes of it goes out, as it is not what they have.
          withField(this.sent, field, theirs)
        }
      }
    }
  }

  #write(field: string, mark: string, value: FieldText, { base, baseTheirs, ours }: Dispute): void {
    this.writes[field] = { value, local: ours }
    this.#wrote[field] = { base, baseTheirs }
    this.#automatic.push(`${mark}write ${field} ${value}`)
    withField(this.sent, field, value)
  }
}

/** A target may change its own fields as often as it likes; only that it comes back to the same value counts. */
function automaticHash(writes: readonly string[]): string {
  const own = writes.every((write) => write.startsWith("t:"))
  return `${own ? "t:" : ""}${hashOf(writes.join("\n")).slice(0, 16)}`
}

function keeps(kept: readonly string[] | undefined, field: string): boolean {
  return kept === undefined || kept.includes(field)
}

function remoteOf(seen: Looked["seen"], base: BaseRow | undefined): { readonly remote?: Remote } {
  const remote = seen === null ? undefined : { ...base?.remote, ...seen.remote }
  return remote === undefined || Object.keys(remote).length === 0 ? {} : { remote }
}

function differs(now: Remote | undefined, before: Remote | undefined): boolean {
  return now !== undefined && now.id !== before?.id
}
