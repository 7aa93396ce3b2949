import type { FailureKind, Operation } from "@millrace/target"

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
}

/** Counters of one binding in one workspace, kept in step with every change. */
export interface CountsRow {
  readonly parked: number
  readonly rejected: number
  readonly pending: number
  readonly synced: number
  /** Items that may be sent. */
  readonly queued: number
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

export type Category = "parked" | "rejected" | "pending" | "synced"

/** Where a living, bound record is counted; undefined for one that does not live. */
export function categoryOf(record: RecordRow | undefined, lane: LaneRow | undefined): Category | undefined {
  if (record === undefined || !isLiving(record)) return undefined
  if (lane?.fault?.state === "parked") return "parked"
  if (record.invalid !== null || lane?.fault?.state === "rejected") return "rejected"
  return lane !== undefined && lane.first !== 0 ? "pending" : "synced"
}

/** Whether the record exists in the merged document, valid or not. */
export function isLiving(record: RecordRow): boolean {
  return record.hash !== null || record.invalid !== null
}
