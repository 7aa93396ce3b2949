import type { Clock } from "@millrace/ports"
import type { Tables } from "./open.ts"

/**
 * Places at which tests end the process: before each commit of the driver and behind the last of a call.
 *
 * `append` before an append's commit, `appended` behind it; `snapshot-part` before each commit of parts, `snapshot-check` before they are read back,
 * `snapshot-switch` before the row that makes them the snapshot, `snapshot-sweep` behind it and before each commit
 * that removes former parts, `snapshotted` behind all; `trim` before each commit of a trim, `trimmed` behind the last.
 */
export type StoreStep =
  | "append"
  | "appended"
  | "snapshot-part"
  | "snapshot-check"
  | "snapshot-switch"
  | "snapshot-sweep"
  | "snapshotted"
  | "trim"
  | "trimmed"

/** What the parts of the driver share. */
export interface Driver {
  readonly tables: Tables
  readonly partBytes: number
  readonly clock: Clock
  /** Throws kind `closed` once the store is closed. */
  refuseWhenClosed(): void
  /** Reads, and turns what the medium throws into kind `storage`. */
  guarded<T>(task: () => T): T
  /** Awaits a write, and turns what the medium rejects with into kind `storage`; false where a condition did not hold. */
  written(done: Promise<boolean>): Promise<boolean>
  /** Keeps the store open until the task has ended. */
  tracked<T>(task: () => Promise<T>): Promise<T>
  step(name: StoreStep): void
}

/** Bytes of payload in one commit of a bulk writer: others' commits wait behind each of them. */
export const maxBulkBytes = 196_608

/** A write inside a batch succeeds or fails with the batch, whose own promise is the one that is heeded. */
export function inBatch(done: Promise<boolean>): void {
  done.catch(() => {})
}

export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
