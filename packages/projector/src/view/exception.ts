import type { LaneRow, RecordRow } from "./rows.ts"

/** Why a record is not accepted by a binding, as the status document shows it. */
export interface StatusException {
  readonly kind: "rejected" | "parked" | "conflict"
  /** Seq of the last touch of the record that this is about. */
  readonly seq: number
  readonly version: number
  readonly reason: string
  readonly timeMs: number
}

/** The one exception of a record in a binding: parked before invalid before rejected by the target. */
export function exceptionOf(record: RecordRow | undefined, lane: LaneRow | undefined): StatusException | undefined {
  const fault = lane?.fault ?? undefined
  const invalid = record?.invalid ?? undefined
  if (fault === undefined && invalid === undefined) return undefined
  const seq = Math.max(fault?.seq ?? 0, invalid?.seq ?? 0)
  if (invalid !== undefined && fault?.state !== "parked") {
    return { kind: "rejected", seq, version: record?.version ?? 0, reason: invalid.reason, timeMs: invalid.timeMs }
  }
  if (fault === undefined) return undefined
  return { kind: fault.state, seq, version: fault.version, reason: fault.reason, timeMs: fault.timeMs }
}
