import { awarenessNothing } from "./frames.ts"
import { MillraceError } from "@millrace/ports"
import { carriesUpdate, closeCodeOf, isPermanentCloseCode, isStep2, type Permission } from "@millrace/protocol"
import type { Channel, ChannelHandlers } from "../relay/channel.ts"

type Opened = Parameters<ChannelHandlers["opened"]>[0]
type Progress = Parameters<NonNullable<ChannelHandlers["progress"]>>[0]
type Durable = Parameters<NonNullable<ChannelHandlers["durable"]>>[0]

/** What a document's link must hear, in the order in which it happens. */
export interface VirtualSocketHost {
  openChannel(handlers: ChannelHandlers): Channel
  requested(): void
  opened(message: Opened): void
  /** What may be done was said anew; where writing is new, the relay asks for what was kept back. */
  permitted(permission: Permission): void
  /** An update frame goes out, counted from 1. */
  sent(frame: number, stepTwo: boolean): void
  /** Runs `deliver`, which applies update frame number `frame`. */
  receive(frame: number, deliver: () => void): void
  durable(message: Durable): void
  /** What was delivered, with what came from here, holds every entry of the log up to `seq`. */
  caughtUpTo(seq: number): void
  /** The next frame is a piece of a longer answer. */
  progress(message: Progress): void
  closed(error: MillraceError): void
}

const states = { connecting: 0, open: 1, closing: 2, closed: 3 } as const

/** Codes that the stock provider does not come back from are those of permanent errors. */
const comeBackCode = 4503

/**
 * What the stock provider takes for a WebSocket: one channel on the shared socket.
 *
 * It stays connecting until the relay has opened the channel, so the provider never runs a back-off of its own.
 */
export class VirtualSocket {
  static readonly CONNECTING = 0
  static readonly OPEN = 1
  static readonly CLOSING = 2
  static readonly CLOSED = 3
  readonly CONNECTING = 0
  readonly OPEN = 1
  readonly CLOSING = 2
  readonly CLOSED = 3
  binaryType = "arraybuffer"
  onopen: (() => void) | null = null
  onmessage: ((event: { readonly data: Uint8Array }) => void) | null = null
  onclose: ((event: { readonly code: number; readonly reason: string }) => void) | null = null
  onerror: (() => void) | null = null
  readyState: number = states.connecting
  readonly #host: VirtualSocketHost
  readonly #channel: Channel
  #permission: Permission = "read"
  #sent = 0
  #received = 0

  constructor(host: VirtualSocketHost) {
    this.#host = host
    this.#channel = host.openChannel({
      requested: () => host.requested(),
      opened: (message) => {
        this.#permission = message.permission
        this.readyState = states.open
        host.opened(message)
        this.onopen?.()
      },
      permission: (message) => {
        this.#permission = message.permission
        host.permitted(message.permission)
      },
      data: (payload) => this.#deliver(payload),
      durable: (message) => host.durable(message),
      caughtUp: ({ seq }) => host.caughtUpTo(seq),
      progress: (message) => host.progress(message),
      // The stock provider gives up a socket that is silent for 30 s.
      pong: () => this.onmessage?.({ data: awarenessNothing }),
      closed: (error) => this.#closed(error),
    })
  }

  /** What a reader may not write stays here: the relay would end the channel over it. */
  send(data: Uint8Array): void {
    if (this.readyState !== states.open) return
    const frame = new Uint8Array(data)
    if (carriesUpdate(frame)) {
      if (this.#permission !== "write") return
      this.#sent += 1
      this.#host.sent(this.#sent, isStep2(frame))
    }
    this.#channel.send(frame)
  }

  /** By the provider, when it leaves or finds the socket silent. */
  close(): void {
    if (this.readyState === states.closed) return
    const wasOpen = this.readyState === states.open
    this.readyState = states.closed
    this.#channel.close()
    if (wasOpen) this.#host.closed(leftError())
  }

  #deliver(payload: Uint8Array): void {
    const deliver = (): void => this.onmessage?.({ data: payload })
    if (!carriesUpdate(payload)) return deliver()
    this.#received += 1
    this.#host.receive(this.#received, deliver)
  }

  #closed(error: MillraceError): void {
    this.readyState = states.closed
    this.#host.closed(error)
    this.onclose?.({ code: error.retry === "never" ? permanentCode(error) : comeBackCode, reason: error.kind })
  }
}

function permanentCode(error: MillraceError): number {
  const code = closeCodeOf(error.kind)
  return isPermanentCloseCode(code) ? code : closeCodeOf("invalid")
}

function leftError(): MillraceError {
  return new MillraceError("The relay was silent; the channel is opened again.", { kind: "timeout", retry: "now" })
}
