import { type ErrorKind, errorKinds, MillraceError, type Retry } from "@millrace/ports"
import * as decoding from "lib0/decoding"
import * as encoding from "lib0/encoding"
import type { ClientMessage, ServerMessage } from "./messages.ts"

/** First byte of every message. Numbers are never given a second meaning. */
const tags = {
  open: 1,
  data: 2,
  close: 3,
  feed: 4,
  ping: 5,
  part: 6,
  auth: 7,
  hello: 16,
  opened: 17,
  durable: 18,
  entry: 19,
  caughtUp: 20,
  feedItem: 21,
  pong: 22,
  error: 23,
  permission: 24,
  snapshot: 25,
  progress: 26,
} as const

export function encodeClientMessage(message: ClientMessage): Uint8Array {
  return encoding.encode((e) => {
    switch (message.type) {
      case "open":
        encoding.writeVarUint(e, tags.open)
        encoding.writeVarUint(e, message.channel)
        encoding.writeVarString(e, message.workspace)
        encoding.writeVarUint(e, message.mode === "log" ? 1 : 0)
        encoding.writeVarUint(e, message.generation)
        encoding.writeVarUint(e, message.afterSeq)
        return
      case "close":
        encoding.writeVarUint(e, tags.close)
        encoding.writeVarUint(e, message.channel)
        return
      case "feed":
        encoding.writeVarUint(e, tags.feed)
        return
      case "ping":
        encoding.writeVarUint(e, tags.ping)
        encoding.writeVarUint(e, message.nonce)
        return
      case "auth":
        encoding.writeVarUint(e, tags.auth)
        encoding.writeVarString(e, message.token)
        return
      case "data":
        return writeData(e, message.channel, message.payload)
      case "part":
        return writePart(e, message.last, message.bytes)
    }
  })
}

/** Throws kind `corrupt` for bytes that are no client message, trailing bytes included. */
export function decodeClientMessage(bytes: Uint8Array): ClientMessage {
  return decodeWhole(bytes, (d): ClientMessage => {
    const tag = decoding.readVarUint(d)
    switch (tag) {
      case tags.open:
        return {
          type: "open",
          channel: decoding.readVarUint(d),
          workspace: decoding.readVarString(d),
          mode: readMode(d),
          generation: decoding.readVarUint(d),
          afterSeq: decoding.readVarUint(d),
        }
      case tags.close:
        return { type: "close", channel: decoding.readVarUint(d) }
      case tags.feed:
        return { type: "feed" }
      case tags.ping:
        return { type: "ping", nonce: decoding.readVarUint(d) }
      case tags.auth:
        return { type: "auth", token: decoding.readVarString(d) }
      case tags.data:
        return readData(d)
      case tags.part:
        return readPart(d)
      default:
        throw new RangeError(`no client message has the tag ${tag}`)
    }
  })
}

export function encodeServerMessage(message: ServerMessage): Uint8Array {
  return encoding.encode((e) => {
    switch (message.type) {
      case "hello":
        encoding.writeVarUint(e, tags.hello)
        encoding.writeVarUint(e, message.version)
        encoding.writeVarString(e, message.subject)
        encoding.writeVarUint(e, message.maxMessageBytes)
        encoding.writeVarUint(e, message.maxPartBytes)
        encoding.writeVarUint(e, message.pingMs)
        return
      case "opened":
        encoding.writeVarUint(e, tags.opened)
        encoding.writeVarUint(e, message.channel)
        encoding.writeVarString(e, message.workspace)
        encoding.writeVarUint(e, message.generation)
        encoding.writeVarUint(e, message.permission === "write" ? 1 : 0)
        encoding.writeVarUint(e, message.seq)
        return
      case "durable":
        encoding.writeVarUint(e, tags.durable)
        encoding.writeVarUint(e, message.channel)
        encoding.writeVarUint(e, message.received)
        encoding.writeVarUint(e, message.sent)
        encoding.writeVarUint(e, message.seq)
        return
      case "entry":
        encoding.writeVarUint(e, tags.entry)
        encoding.writeVarUint(e, message.channel)
        encoding.writeVarUint(e, message.seq)
        encoding.writeVarUint(e, message.generation)
        encoding.writeVarString(e, message.author)
        encoding.writeVarUint(e, message.timeMs)
        encoding.writeVarUint8Array(e, message.update)
        return
      case "snapshot":
        encoding.writeVarUint(e, tags.snapshot)
        encoding.writeVarUint(e, message.channel)
        encoding.writeVarUint(e, message.seq)
        encoding.writeVarUint(e, message.holdsSeq)
        encoding.writeVarUint(e, message.generation)
        encoding.writeVarString(e, message.author)
        encoding.writeVarUint(e, message.timeMs)
        encoding.writeVarUint(e, message.totalBytes)
        encoding.writeVarUint(e, message.last ? 1 : 0)
        encoding.writeVarUint8Array(e, message.piece)
        return
      case "progress":
        encoding.writeVarUint(e, tags.progress)
        encoding.writeVarUint(e, message.channel)
        encoding.writeVarUint(e, message.doneBytes)
        encoding.writeVarUint(e, message.totalBytes)
        return
      case "caughtUp":
        encoding.writeVarUint(e, tags.caughtUp)
        encoding.writeVarUint(e, message.channel)
        encoding.writeVarUint(e, message.seq)
        return
      case "feed":
        encoding.writeVarUint(e, tags.feedItem)
        encoding.writeVarString(e, message.workspace)
        encoding.writeVarUint(e, message.generation)
        encoding.writeVarUint(e, message.seq)
        return
      case "pong":
        encoding.writeVarUint(e, tags.pong)
        encoding.writeVarUint(e, message.nonce)
        return
      case "error":
        encoding.writeVarUint(e, tags.error)
        encoding.writeVarUint(e, message.channel)
        encoding.writeVarString(e, message.kind)
        writeRetry(e, message.retry)
        encoding.writeVarString(e, message.message)
        return
      case "permission":
        encoding.writeVarUint(e, tags.permission)
        encoding.writeVarUint(e, message.channel)
        encoding.writeVarUint(e, message.permission === "write" ? 1 : 0)
        encoding.writeVarUint(e, message.expiresAtMs)
        return
      case "data":
        return writeData(e, message.channel, message.payload)
      case "part":
        return writePart(e, message.last, message.bytes)
    }
  })
}

/** Throws kind `corrupt` for bytes that are no server message, trailing bytes included. */
export function decodeServerMessage(bytes: Uint8Array): ServerMessage {
  return decodeWhole(bytes, (d): ServerMessage => {
    const tag = decoding.readVarUint(d)
    switch (tag) {
      case tags.hello:
        return {
          type: "hello",
          version: decoding.readVarUint(d),
          subject: decoding.readVarString(d),
          maxMessageBytes: decoding.readVarUint(d),
          maxPartBytes: decoding.readVarUint(d),
          pingMs: decoding.readVarUint(d),
        }
      case tags.opened:
        return {
          type: "opened",
          channel: decoding.readVarUint(d),
          workspace: decoding.readVarString(d),
          generation: decoding.readVarUint(d),
          permission: decoding.readVarUint(d) === 1 ? "write" : "read",
          seq: decoding.readVarUint(d),
        }
      case tags.durable:
        return {
          type: "durable",
          channel: decoding.readVarUint(d),
          received: decoding.readVarUint(d),
          sent: decoding.readVarUint(d),
          seq: decoding.readVarUint(d),
        }
      case tags.entry:
        return {
          type: "entry",
          channel: decoding.readVarUint(d),
          seq: decoding.readVarUint(d),
          generation: decoding.readVarUint(d),
          author: decoding.readVarString(d),
          timeMs: decoding.readVarUint(d),
          update: decoding.readVarUint8Array(d),
        }
      case tags.snapshot:
        return {
          type: "snapshot",
          channel: decoding.readVarUint(d),
          seq: decoding.readVarUint(d),
          holdsSeq: decoding.readVarUint(d),
          generation: decoding.readVarUint(d),
          author: decoding.readVarString(d),
          timeMs: decoding.readVarUint(d),
          totalBytes: decoding.readVarUint(d),
          last: decoding.readVarUint(d) === 1,
          piece: decoding.readVarUint8Array(d),
        }
      case tags.progress:
        return {
          type: "progress",
          channel: decoding.readVarUint(d),
          doneBytes: decoding.readVarUint(d),
          totalBytes: decoding.readVarUint(d),
        }
      case tags.caughtUp:
        return { type: "caughtUp", channel: decoding.readVarUint(d), seq: decoding.readVarUint(d) }
      case tags.feedItem:
        return {
          type: "feed",
          workspace: decoding.readVarString(d),
          generation: decoding.readVarUint(d),
          seq: decoding.readVarUint(d),
        }
      case tags.pong:
        return { type: "pong", nonce: decoding.readVarUint(d) }
      case tags.error:
        return {
          type: "error",
          channel: decoding.readVarUint(d),
          kind: readKind(d),
          retry: readRetry(d),
          message: decoding.readVarString(d),
        }
      case tags.permission:
        return {
          type: "permission",
          channel: decoding.readVarUint(d),
          permission: decoding.readVarUint(d) === 1 ? "write" : "read",
          expiresAtMs: decoding.readVarUint(d),
        }
      case tags.data:
        return readData(d)
      case tags.part:
        return readPart(d)
      default:
        throw new RangeError(`no server message has the tag ${tag}`)
    }
  })
}

function decodeWhole<T>(bytes: Uint8Array, read: (decoder: decoding.Decoder) => T): T {
  const decoder = decoding.createDecoder(bytes)
  try {
    const value = read(decoder)
    if (decoding.hasContent(decoder)) throw new RangeError(`${bytes.length - decoder.pos} bytes follow the message`)
    return value
  } catch (cause) {
    throw new MillraceError("The bytes received are no message of millrace.v1; check both sides' versions.", {
      kind: "corrupt",
      cause,
    })
  }
}

function writeData(e: encoding.Encoder, channel: number, payload: Uint8Array): void {
  encoding.writeVarUint(e, tags.data)
  encoding.writeVarUint(e, channel)
  encoding.writeVarUint8Array(e, payload)
}

function readData(d: decoding.Decoder): { type: "data"; channel: number; payload: Uint8Array } {
  return { type: "data", channel: decoding.readVarUint(d), payload: decoding.readVarUint8Array(d) }
}

function writePart(e: encoding.Encoder, last: boolean, bytes: Uint8Array): void {
  encoding.writeVarUint(e, tags.part)
  encoding.writeVarUint(e, last ? 1 : 0)
  encoding.writeVarUint8Array(e, bytes)
}

function readPart(d: decoding.Decoder): { type: "part"; last: boolean; bytes: Uint8Array } {
  return { type: "part", last: decoding.readVarUint(d) === 1, bytes: decoding.readVarUint8Array(d) }
}

function readMode(d: decoding.Decoder): "sync" | "log" {
  const mode = decoding.readVarUint(d)
  if (mode > 1) throw new RangeError(`no mode has the number ${mode}`)
  return mode === 1 ? "log" : "sync"
}

function readKind(d: decoding.Decoder): ErrorKind {
  const text = decoding.readVarString(d)
  // A kind of a later version is still an error; `bug` makes nobody retry.
  return errorKinds.find((kind) => kind === text) ?? "bug"
}

function writeRetry(e: encoding.Encoder, retry: Retry): void {
  encoding.writeVarUint(e, retry === "never" ? 0 : retry === "now" ? 1 : 2)
  if (typeof retry === "object") encoding.writeVarUint(e, retry.afterMs)
}

function readRetry(d: decoding.Decoder): Retry {
  const form = decoding.readVarUint(d)
  if (form > 2) throw new RangeError(`no retry has the form ${form}`)
  return form === 0 ? "never" : form === 1 ? "now" : { afterMs: decoding.readVarUint(d) }
}
