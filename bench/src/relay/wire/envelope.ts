import { decodeServerMessage, encodeClientMessage, frameTypes, PartJoiner, protocolName } from "@millrace/protocol"
import * as decoding from "lib0/decoding"
import * as encoding from "lib0/encoding"

/** What a server sent, taken out of its protocol's envelope. */
export type Incoming =
  /** A y-websocket frame without its envelope: type, then the rest. */
  | { readonly type: "frame"; readonly frame: Uint8Array }
  /** The connection may be used. */
  | { readonly type: "ready" }
  /** Of the updates sent, so many in all are acknowledged. */
  | { readonly type: "ackedTotal"; readonly count: number }
  /** One more update is acknowledged. */
  | { readonly type: "ackedOne" }
  | { readonly type: "refused"; readonly reason: string }

/** How one server wraps the frames of the y-websocket protocol. One object a connection. */
export interface Envelope {
  readonly protocols: readonly string[]
  /** Sent as soon as the socket opens; without any the connection is ready at once. */
  readonly greeting: readonly Uint8Array[]
  wrap(frame: Uint8Array): Uint8Array
  /** Calls `take` for each thing that the message says. */
  unwrap(message: Uint8Array, take: (incoming: Incoming) => void): void
}

export type EnvelopeKind = "plain" | "hocuspocus" | "millrace"

export function openEnvelope(kind: EnvelopeKind, room: string, token: string | undefined): Envelope {
  if (kind === "plain") return plain
  return kind === "hocuspocus" ? hocuspocus(room) : millrace(room, token ?? "")
}

/** y-websocket: none. */
const plain: Envelope = {
  protocols: [],
  greeting: [],
  wrap: (frame) => frame,
  unwrap: (frame, take) => take({ type: "frame", frame }),
}

/** Message types of Hocuspocus 4 that are not those of y-websocket. */
const auth = 2
const syncReply = 4
const syncStatus = 8
const tokenMessage = 0
const authenticated = 2

/** Hocuspocus 4: the document's name before every frame, a token first, a status after each update. */
function hocuspocus(room: string): Envelope {
  const prefix = encoding.encode((encoder) => encoding.writeVarString(encoder, room))
  const wrap = (frame: Uint8Array): Uint8Array => {
    const message = new Uint8Array(prefix.length + frame.length)
    message.set(prefix)
    message.set(frame, prefix.length)
    return message
  }
  const token = encoding.encode((encoder) => {
    encoding.writeVarUint(encoder, auth)
    encoding.writeVarUint(encoder, tokenMessage)
    encoding.writeVarString(encoder, "bench")
  })
  return {
    protocols: [],
    greeting: [wrap(token)],
    wrap,
    unwrap: (message, take) => {
      const frame = message.subarray(prefix.length)
      switch (frame[0] ?? -1) {
        case auth:
          take(frame[1] === authenticated ? { type: "ready" } : { type: "refused", reason: "permission denied" })
          break
        case syncStatus:
          take({ type: "ackedOne" })
          break
        case syncReply:
          // As a frame it is a sync frame like any other; the message's bytes are ours alone.
          frame[0] = frameTypes.sync
          take({ type: "frame", frame })
          break
        default:
          take({ type: "frame", frame })
      }
    },
  }
}

const channel = 1
const maxMessageBytes = 512 * 1_048_576

/** millrace.v1: one channel, acks as counts. */
function millrace(room: string, token: string): Envelope {
  const joiner = new PartJoiner(maxMessageBytes)
  return {
    protocols: [protocolName, token],
    greeting: [
      encodeClientMessage({ type: "open", channel, workspace: room, mode: "sync", generation: 0, afterSeq: 0 }),
    ],
    wrap: (payload) => encodeClientMessage({ type: "data", channel, payload }),
    unwrap: function unwrap(bytes, take): void {
      const message = decodeServerMessage(bytes)
      // What the server tells beside these is not for mode sync, or not measured.
      if (message.type === "data") take({ type: "frame", frame: message.payload })
      else if (message.type === "durable") take({ type: "ackedTotal", count: message.received })
      else if (message.type === "opened") take({ type: "ready" })
      else if (message.type === "error") take({ type: "refused", reason: `${message.kind}: ${message.message}` })
      else if (message.type === "part") {
        const whole = joiner.add(message.bytes.slice(), message.last)
        if (whole !== undefined) unwrap(whole, take)
      }
    },
  }
}

/** The length-prefixed bytes behind a frame's head; a view, not a copy. */
export function readPayload(frame: Uint8Array, headBytes: number): Uint8Array {
  const decoder = decoding.createDecoder(frame)
  decoder.pos = headBytes
  return decoding.readVarUint8Array(decoder)
}
