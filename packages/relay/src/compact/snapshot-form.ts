import { MillraceError } from "@millrace/ports"
import * as decoding from "lib0/decoding"
import * as encoding from "lib0/encoding"

/** A workspace at one seq, with what a relay would otherwise have to compute from the update whenever it loads it. */
export interface WorkspaceSnapshot {
  readonly stateVector: Uint8Array
  /** Everything deleted, as an update without structs. */
  readonly deletes: Uint8Array
  readonly update: Uint8Array
}

const form = 1

/** The payload of a log's snapshot in the store. */
export function encodeSnapshot({ stateVector, deletes, update }: WorkspaceSnapshot): Uint8Array {
  const head = encoding.encode((encoder) => {
    encoding.writeUint8(encoder, form)
    encoding.writeVarUint8Array(encoder, stateVector)
    encoding.writeVarUint8Array(encoder, deletes)
  })
  // Not through the encoder, which would copy megabytes several times.
  const payload = new Uint8Array(head.length + update.length)
  payload.set(head)
  payload.set(update, head.length)
  return payload
}

/** Throws kind `unsupported` for the form of a later build and `corrupt` for bytes that are none. The arrays are views. */
export function decodeSnapshot(payload: Uint8Array): WorkspaceSnapshot {
  const decoder = decoding.createDecoder(payload)
  try {
    const found = decoding.readUint8(decoder)
    if (found > form) {
      throw new MillraceError("The snapshot was made by a later version; start that version.", { kind: "unsupported" })
    }
    const stateVector = decoding.readVarUint8Array(decoder)
    const deletes = decoding.readVarUint8Array(decoder)
    return { stateVector, deletes, update: payload.subarray(decoder.pos) }
  } catch (cause) {
    if (cause instanceof MillraceError) throw cause
    throw new MillraceError("The snapshot does not decode; restore the data folder from a copy.", {
      kind: "corrupt",
      cause,
    })
  }
}
