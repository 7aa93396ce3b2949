import {
  type ClientMessage,
  cutIntoParts,
  decodeServerMessage,
  encodeClientMessage,
  PartJoiner,
  type ServerMessage,
} from "@millrace/protocol"

/** Most that a message of the relay may have here: far above any workspace that a browser can hold. */
const maxIncomingBytes = 512 * 1024 * 1024
/** Channel number and length in front of a frame. */
const headBytes = 32

/** Messages to and from bytes on one socket, large ones in parts. */
export class Framing {
  maxMessageBytes: number = Number.MAX_SAFE_INTEGER
  #maxPartBytes = Number.MAX_SAFE_INTEGER
  readonly #joiner = new PartJoiner(maxIncomingBytes)

  /** Limits from the relay's hello. */
  agree(maxMessageBytes: number, maxPartBytes: number): void {
    this.maxMessageBytes = maxMessageBytes
    this.#maxPartBytes = maxPartBytes
  }

  fits(frame: Uint8Array): boolean {
    return frame.length + headBytes <= this.maxMessageBytes
  }

  outgoing(message: ClientMessage): readonly Uint8Array[] {
    const whole = encodeClientMessage(message)
    const parts = cutIntoParts(whole, this.#maxPartBytes)
    if (parts === undefined) return [whole]
    return parts.map((bytes, i) => encodeClientMessage({ type: "part", last: i === parts.length - 1, bytes }))
  }

  /** Undefined while parts are missing. Throws kind `corrupt` or `too-large`. */
  incoming(bytes: Uint8Array): ServerMessage | undefined {
    const message = decodeServerMessage(bytes)
    if (message.type !== "part") return message
    const whole = this.#joiner.add(message.bytes, message.last)
    return whole === undefined ? undefined : decodeServerMessage(whole)
  }
}
