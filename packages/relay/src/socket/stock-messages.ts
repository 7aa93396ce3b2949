import { MillraceError } from "@millrace/ports"
import { frameTypes } from "@millrace/protocol"
import * as decoding from "lib0/decoding"

/** yrs sends two; each may ask for an answer, so a frame must not hold as many as fit. */
const maxMessages = 16

/**
 * The messages in one WebSocket frame of a stock client, in order. y-websocket sends one a frame; clients on yrs begin with two, step 1
 * and awareness (yrs 0.28, `Protocol::start`).
 *
 * A frame of a type that nobody here knows is one message. Throws kind `corrupt` where a message ends too early, where what
 * follows is none, and beyond 16.
 */
export function messagesIn(frame: Uint8Array): readonly Uint8Array[] {
  const messages: Uint8Array[] = []
  for (let at = 0; at < frame.length;) {
    const end = endOf(frame, at)
    messages.push(frame.subarray(at, end))
    at = end
    if (messages.length > maxMessages) throw corrupt(new RangeError(`more than ${maxMessages} messages in a frame`))
  }
  return messages
}

function endOf(frame: Uint8Array, at: number): number {
  switch (frame[at] ?? -1) {
    case frameTypes.sync:
      return endOfPayload(frame, at + 2)
    case frameTypes.awareness:
      return endOfPayload(frame, at + 1)
    case frameTypes.queryAwareness:
      return at + 1
    default:
      if (at > 0) throw corrupt(new RangeError("bytes follow the message"))
      return frame.length
  }
}

function endOfPayload(frame: Uint8Array, at: number): number {
  try {
    const decoder = decoding.createDecoder(frame.subarray(at))
    decoding.readVarUint8Array(decoder)
    return at + decoder.pos
  } catch (cause) {
    throw corrupt(cause)
  }
}

function corrupt(cause: unknown): MillraceError {
  return new MillraceError("The frame does not decode; reconnect.", { kind: "corrupt", cause })
}
