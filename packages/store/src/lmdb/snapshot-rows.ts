import { MillraceError } from "@millrace/ports"
import { laterVersion } from "./rows.ts"

/**
 * One call of `snapshot`: the row that it replaces (0 = none), and eight bytes that no other call has.
 *
 * Its parts lie under both, so that whoever made the row with a higher number may remove what older calls left, and never
 * what a call that began later is writing.
 */
export interface SnapshotAttempt {
  readonly replaces: number
  readonly nonce: Buffer
}

export interface SnapshotRow extends SnapshotAttempt {
  readonly seq: number
  readonly bytes: number
  readonly parts: number
  /** CRC-32 of all bytes. */
  readonly checksum: number
}

const rowFormat = 1
const nonceAt = 33
const rowBytes = 41
export const nonceBytes = 8

export function encodeSnapshotRow(row: SnapshotRow): Buffer {
  const bytes = Buffer.alloc(rowBytes)
  bytes.writeUInt8(rowFormat, 0)
  bytes.writeDoubleBE(row.seq, 1)
  bytes.writeDoubleBE(row.bytes, 9)
  bytes.writeUInt32BE(row.parts, 17)
  bytes.writeUInt32BE(row.checksum, 21)
  bytes.writeDoubleBE(row.replaces, 25)
  row.nonce.copy(bytes, nonceAt)
  return bytes
}

/** Throws kind `corrupt` for a row that does not decode and kind `unsupported` for one of a later build. */
export function decodeSnapshotRow(bytes: Buffer): SnapshotRow {
  if ((bytes[0] ?? 0) > rowFormat) throw laterVersion()
  if (bytes.length !== rowBytes) {
    throw new MillraceError("A snapshot's row does not decode; restore the folder from a copy.", { kind: "corrupt" })
  }
  return {
    seq: bytes.readDoubleBE(1),
    bytes: bytes.readDoubleBE(9),
    parts: bytes.readUInt32BE(17),
    checksum: bytes.readUInt32BE(21),
    replaces: bytes.readDoubleBE(25),
    nonce: Buffer.from(bytes.subarray(nonceAt, rowBytes)),
  }
}

export function snapshotPartKey(streamId: Buffer, attempt: SnapshotAttempt, part: number): Buffer {
  const key = Buffer.alloc(34)
  streamId.copy(key)
  key.writeUIntBE(attempt.replaces, 16, 6)
  attempt.nonce.copy(key, 22)
  key.writeUInt32BE(part, 30)
  return key
}

/** The attempt that a part's key names. */
export function attemptOf(key: Buffer): SnapshotAttempt {
  return { replaces: key.readUIntBE(16, 6), nonce: key.subarray(22, 30) }
}
