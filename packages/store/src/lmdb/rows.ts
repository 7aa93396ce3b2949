import { createHash } from "node:crypto"
import { MillraceError } from "@millrace/ports"

/**
 * Keys and rows of the embedded driver.
 *
 * A stream is known inside by 16 bytes of the hash of its name, so that any name is a safe key and rows of one
 * stream stay together. An entry's row of metadata is kept apart from its payload: a trim can drop payloads and keep
 * history.
 */
export interface EntryRow {
  readonly generation: number
  readonly author: string
  readonly timeMs: number
  /** Length of the whole payload. */
  readonly bytes: number
  readonly parts: number
  /** CRC-32 of the whole payload. */
  readonly checksum: number
}

/** First byte of a row; a higher one belongs to a later build. The build that knew no trim refuses the second. */
const rowFormats = { whole: 1, trimmed: 2 } as const
const fixedBytes = 37
/** LMDB takes keys of 1978 bytes; the rest is left to whatever a later format puts before the name. */
const maxNameBytes = 1900

/** The key of a stream's head. Throws kind `invalid` for a name that no key can hold. */
export function headKey(stream: string): Buffer {
  const key = Buffer.from(stream, "utf8")
  if (key.length === 0 || key.length > maxNameBytes || /\p{Surrogate}/u.test(stream)) {
    throw new MillraceError(`A stream's name is well-formed text of 1 to ${maxNameBytes} bytes in UTF-8.`, {
      kind: "invalid",
    })
  }
  return key
}

const maxKnownIds = 4096
const knownIds = new Map<string, Buffer>()

/** The same buffer again for a name that was asked for lately; it is not to be changed. */
export function streamIdOf(stream: string): Buffer {
  const known = knownIds.get(stream)
  if (known !== undefined) return known
  const id = createHash("sha256").update(stream, "utf8").digest().subarray(0, 16)
  if (knownIds.size >= maxKnownIds) knownIds.clear()
  knownIds.set(stream, id)
  return id
}

export function entryKey(streamId: Buffer, seq: number): Buffer {
  const key = Buffer.alloc(22)
  streamId.copy(key)
  key.writeUIntBE(seq, 16, 6)
  return key
}

export function partKey(streamId: Buffer, seq: number, part: number): Buffer {
  const key = Buffer.alloc(26)
  streamId.copy(key)
  key.writeUIntBE(seq, 16, 6)
  key.writeUInt32BE(part, 22)
  return key
}

/** `trimmed`: the payload's parts are gone, the row stays. */
export function encodeEntryRow(row: EntryRow, trimmed: boolean = false): Buffer {
  const author = Buffer.from(row.author, "utf8")
  const bytes = Buffer.alloc(fixedBytes + author.length)
  bytes.writeUInt8(trimmed ? rowFormats.trimmed : rowFormats.whole, 0)
  bytes.writeDoubleBE(row.generation, 1)
  bytes.writeDoubleBE(row.timeMs, 9)
  bytes.writeDoubleBE(row.bytes, 17)
  bytes.writeUInt32BE(row.parts, 25)
  bytes.writeUInt32BE(row.checksum, 29)
  bytes.writeUInt32BE(author.length, 33)
  author.copy(bytes, fixedBytes)
  return bytes
}

/** Throws kind `corrupt` for a row that does not decode and kind `unsupported` for one of a later build. */
export function decodeEntryRow(bytes: Buffer): EntryRow & { readonly trimmed: boolean } {
  const format = bytes[0] ?? 0
  if (format > rowFormats.trimmed) throw laterVersion()
  if (bytes.length < fixedBytes || bytes.length !== fixedBytes + bytes.readUInt32BE(33)) {
    throw new MillraceError("A row of the store does not decode; restore the folder from a copy.", { kind: "corrupt" })
  }
  return {
    generation: bytes.readDoubleBE(1),
    timeMs: bytes.readDoubleBE(9),
    bytes: bytes.readDoubleBE(17),
    parts: bytes.readUInt32BE(25),
    checksum: bytes.readUInt32BE(29),
    author: bytes.toString("utf8", fixedBytes),
    trimmed: format === rowFormats.trimmed,
  }
}

/** The refusal of what a later build stored. */
export function laterVersion(): MillraceError {
  return new MillraceError("The store was written by a later version; start that version.", { kind: "unsupported" })
}
