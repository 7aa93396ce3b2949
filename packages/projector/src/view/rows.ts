import type { Applied, FailureKind, Intent, Operation } from "@millrace/target"
import type { Acted, Released } from "../journal/operation-entries.ts"
import type { Dispute, FieldText, PendingWrite } from "../journal/two-way-entries.ts"

/** Why a record is invalid, and up to which touch that is known. */
export interface InvalidMark {
  readonly reason: string
  readonly seq: number
  readonly timeMs: number
}

/** What was derived last for a record; kept after its deletion, so that a re-created one goes on counting. */
export interface RecordRow {
  readonly collection: string
  readonly id: string
  /** 0 while the record was never valid. */
  readonly version: number
  readonly hash: string | null
  readonly after: string | null
  readonly author: string
  readonly timeMs: number
  readonly seqFrom: number
  readonly seq: number
  readonly generation: number
  readonly invalid: InvalidMark | null
  /** See `Contested`; left out where nothing is. */
  readonly contested?: Readonly<Record<string, FieldText>>
}

/** A change that a target has not confirmed yet. */
export interface ItemRow {
  /** Its place in the binding's order. */
  readonly n: number
  readonly collection: string
  readonly id: string
  readonly version: number
  readonly op: Operation
  readonly hash: string | null
  readonly before: string | null
  readonly after: string | null
  readonly author: string
  readonly timeMs: number
  readonly seqFrom: number
  readonly seq: number
  readonly generation: number
  /** The watermark stays below this seq while the item is outstanding. */
  readonly from: number
  /** Revision of the binding for which an older version is told as an `add`; 0 for a change told as it happened. */
  readonly baseline: number
  /** What stands in place of the journal id in the event id, where the content is not that of the version. */
  readonly source?: string
  /** Goes out even where the target is known to hold it: it was changed there. */
  readonly force?: true
  /** Place of this record's next item, 0 for the last. */
  readonly next: number
}

/** What a target refused for good. */
export interface FaultRow {
  readonly state: "parked" | "rejected"
  readonly kind: FailureKind
  readonly version: number
  /** Seq of the last touch that this is about. */
  readonly seq: number
  readonly reason: string
  readonly attempts: number
  readonly timeMs: number
}

/** What is outstanding for one record in one binding; no row when nothing is. */
export interface LaneRow {
  /** Places of the first and last outstanding item, 0 for none. A state lane has one item at most. */
  readonly first: number
  readonly last: number
  /** State lanes: versions that the item stands for, with the seq from which each is outstanding. */
  readonly chain: readonly (readonly [version: number, from: number])[]
  readonly fault: FaultRow | null
  /** A dispute, or the brake; `holds` keeps the whole record back. `seq`: the last touch that it is about. */
  readonly mark?: { readonly kind: "conflict" | "oscillating"; readonly holds: boolean; readonly seq: number }
  /** Published bindings: the record is not as it was released last. */
  readonly draft?: true
}

/** What is known of a record in a target, for state bindings. */
export interface BaseRow extends Applied {
  readonly collection: string
  readonly id: string
  readonly pending?: PendingWrite
  readonly disputes?: Readonly<Record<string, Dispute>>
  readonly wrote?: Readonly<Record<string, { readonly base: FieldText; readonly baseTheirs: FieldText }>>
  /** Writes without a person since the last one who edited: time and hash of each, the latest last. */
  readonly automatic?: readonly (readonly [timeMs: number, hash: string])[]
  readonly brake?: { readonly sinceMs: number; readonly count: number }
  readonly intent?: Intent
}

/** A record as it was released last. */
export interface ReleasedRow {
  readonly collection: string
  readonly id: string
  readonly version: number
  readonly hash: string | null
  readonly after: string | null
  readonly number: number
}

/** A release with what each record was before it, for the way back. */
export interface ReleaseRow extends Omit<Released, "changes"> {
  readonly changes: readonly (Released["changes"][number] & {
    readonly before: { readonly version: number; readonly hash: string | null; readonly after: string | null }
  })[]
}

export type ActRow = Omit<Acted, "kind">

/** Counters of one binding in one workspace, kept in step with every change. */
export interface CountsRow {
  readonly parked: number
  readonly rejected: number
  readonly conflicts: number
  readonly pending: number
  readonly draft: number
  readonly synced: number
  /** Items that may be sent. */
  readonly queued: number
  /** Deletions that may be sent, or wait for a confirmation; by collection, with the living records there. */
  readonly deleting: number
  readonly collections: Readonly<Record<string, { readonly living: number; readonly deleting: number }>>
  /** Deletions up to this place are confirmed. */
  readonly confirmedN: number
  /** The release in force and the position that it stands for. */
  readonly release?: { readonly number: number; readonly position: number; readonly by: string }
  /** Place of the next item. */
  readonly nextN: number
}

export interface PositionRow {
  readonly generation: number
  readonly seq: number
}

/** Up to which journal entry the view is applied, and that entry's SHA-256: a journal that was put back is noticed. */
export interface AppliedRow {
  readonly seq: number
  readonly digest: string
  readonly journalId: string
  /** Version of the canonical form that the journal's hashes were made with. */
  readonly canonicalForm: number
}

export type Category = "parked" | "rejected" | "conflicts" | "pending" | "draft" | "synced"

/** Where a living, bound record is counted; undefined for one that does not live. */
export function categoryOf(record: RecordRow | undefined, lane: LaneRow | undefined): Category | undefined {
  if (record === undefined || !isLiving(record)) return undefined
  if (lane?.fault?.state === "parked" || lane?.mark?.kind === "oscillating") return "parked"
  if (record.invalid !== null || lane?.fault?.state === "rejected") return "rejected"
  if (lane?.mark?.kind === "conflict") return "conflicts"
  if (lane !== undefined && lane.first !== 0) return "pending"
  return lane?.draft === true ? "draft" : "synced"
}

/** Whether the record exists in the merged document, valid or not. */
export function isLiving(record: RecordRow): boolean {
  return record.hash !== null || record.invalid !== null
}
