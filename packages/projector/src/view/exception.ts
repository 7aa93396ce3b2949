import { canonicalJson } from "@millrace/model"
import { createHash } from "node:crypto"
import type { Dispute } from "../journal/two-way-entries.ts"
import type { BaseRow, LaneRow, RecordRow } from "./rows.ts"

/** Why a record is not accepted by a binding, as the status document shows it. */
export interface StatusException {
  readonly kind: "rejected" | "parked" | "conflict"
  /** Seq of the last touch of the record that this is about. */
  readonly seq: number
  readonly version: number
  readonly reason: string
  readonly timeMs: number
  /** Of kind `conflict`: what waits for an answer. Values are canonical JSON text, long ones cut. */
  readonly conflicts?: readonly StatusConflict[]
}

/** A field in dispute as people see it; answered in `$resolutions`, see `Resolution` of @millrace/model. */
export interface StatusConflict {
  readonly id: string
  readonly field: string
  readonly base: string | null
  readonly ours: string | null
  readonly theirs: string | null
  /** Names these three values: an answer to others than them is not taken. */
  readonly baseHash: string
  readonly sinceMs: number
}

/** Most characters of a value in the status document; `GET .../conflicts` has all of it. */
const maxShownChars = 400

/** Identity of a disputed field; the same for as long as the field stays, and again when it is disputed anew. */
export function conflictId(workspace: string, binding: string, collection: string, id: string, field: string): string {
  return digest([workspace, binding, collection, id, field]).slice(0, 24)
}

/** Says which values a person saw. */
export function disputeHash({ base, ours, theirs }: Pick<Dispute, "base" | "ours" | "theirs">): string {
  return digest([base, ours, theirs]).slice(0, 24)
}

function digest(parts: readonly (string | null)[]): string {
  return createHash("sha256").update(canonicalJson(parts), "utf8").digest("hex")
}

function shown(text: string | null): string | null {
  return text !== null && text.length > maxShownChars ? `${text.slice(0, maxShownChars - 1)}…` : text
}

/** The one exception of a record in a binding: parked before invalid before rejected by the target before disputed. */
export function exceptionOf(
  workspace: string,
  binding: string,
  record: RecordRow | undefined,
  lane: LaneRow | undefined,
  base: BaseRow | undefined,
): StatusException | undefined {
  const fault = lane?.fault ?? undefined
  const invalid = record?.invalid ?? undefined
  const mark = lane?.mark
  const version = record?.version ?? 0
  const seq = Math.max(fault?.seq ?? 0, invalid?.seq ?? 0, mark?.seq ?? 0)
  if (fault?.state === "parked")
    return { kind: "parked", seq, version: fault.version, reason: fault.reason, timeMs: fault.timeMs }
  if (mark?.kind === "oscillating") {
    const reason =
      `Oscillating: written ${base?.brake?.count ?? 0} times without a person, since both sides put their own value back. ` +
      "Edit the record, or settle which side owns the field and retry it."
    return { kind: "parked", seq, version, reason, timeMs: base?.brake?.sinceMs ?? 0 }
  }
  if (invalid !== undefined) return { kind: "rejected", seq, version, reason: invalid.reason, timeMs: invalid.timeMs }
  if (fault !== undefined)
    return { kind: "rejected", seq, version: fault.version, reason: fault.reason, timeMs: fault.timeMs }
  if (mark === undefined) return undefined
  const { collection = "", id = "" } = base ?? {}
  const conflicts = Object.entries(base?.disputes ?? {}).map(([field, dispute]) => ({
    id: conflictId(workspace, binding, collection, id, field),
    field,
    base: shown(dispute.base),
    ours: shown(dispute.ours),
    theirs: shown(dispute.theirs),
    baseHash: disputeHash(dispute),
    sinceMs: dispute.sinceMs,
  }))
  const fields = conflicts.map(({ field }) => field).join(", ")
  const timeMs = Math.min(...conflicts.map(({ sinceMs }) => sinceMs))
  return { kind: "conflict", seq, version, reason: `Both sides changed ${fields}; choose one.`, timeMs, conflicts }
}
