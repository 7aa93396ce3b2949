import { MillraceError } from "@millrace/ports"
import { encodeServerMessage, cutIntoParts, frameTypes, syncSteps } from "@millrace/protocol"
import * as decoding from "lib0/decoding"
import * as encoding from "lib0/encoding"
import { binaryWire, type Wire } from "../socket/wire.ts"

/** A y-websocket frame on its way to many peers: whatever form one of them needs is made once for all, down to the socket's bytes. */
export class SharedFrame {
  readonly bytes: Uint8Array
  #stock: Wire | undefined
  readonly #onChannel = new Map<number, readonly Wire[]>()

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
  }

  get wire(): Wire {
    return (this.#stock ??= binaryWire(this.bytes))
  }

  /** The frame as messages of millrace.v1 on a channel: one, or its parts. */
  wiresOn(channel: number, maxPartBytes: number): readonly Wire[] {
    const known = this.#onChannel.get(channel)
    if (known !== undefined) return known
    const message = encodeServerMessage({ type: "data", channel, payload: this.bytes })
    const wires = toMessages(message, maxPartBytes).map((bytes) => binaryWire(bytes))
    if (this.#onChannel.size >= maxChannelForms) this.#onChannel.clear()
    this.#onChannel.set(channel, wires)
    return wires
  }
}

/** Channel numbers for which a frame's form is kept: most clients use the same few. */
const maxChannelForms = 64

/** A message as it is sent: whole, or as the messages of its parts. */
export function toMessages(message: Uint8Array, maxPartBytes: number): readonly Uint8Array[] {
  const parts = cutIntoParts(message, maxPartBytes)
  if (parts === undefined) return [message]
  return parts.map((bytes, index) => encodeServerMessage({ type: "part", last: index === parts.length - 1, bytes }))
}

/** The payload behind a frame's type (and sync step) bytes. Throws kind `corrupt` where it is not exactly the rest. */
export function payloadOf(frame: Uint8Array, headBytes: number): Uint8Array {
  try {
    const decoder = decoding.createDecoder(frame.subarray(headBytes))
    const payload = decoding.readVarUint8Array(decoder)
    if (decoding.hasContent(decoder)) throw new RangeError("bytes follow the payload")
    return payload
  } catch (cause) {
    throw new MillraceError("The frame does not decode; reconnect.", { kind: "corrupt", cause })
  }
}

/** A sync frame around a state vector or an update. */
export function syncFrame(step: keyof typeof syncSteps, payload: Uint8Array): Uint8Array {
  return encoding.encode((encoder) => {
    encoding.writeVarUint(encoder, frameTypes.sync)
    encoding.writeVarUint(encoder, syncSteps[step])
    encoding.writeVarUint8Array(encoder, payload)
  })
}
