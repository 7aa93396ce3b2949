import type { MillraceError } from "@millrace/ports"
import type { ServerMessage } from "@millrace/protocol"

type Of<T extends ServerMessage["type"]> = Extract<ServerMessage, { type: T }>

export interface ChannelRequest {
  readonly workspace: string
  readonly mode: "sync" | "log"
  /** Asked when the channel is opened, which may be long after the request. */
  readonly position: () => { readonly generation: number; readonly afterSeq: number }
}

/** What a channel tells, in the order: `opened`, then anything, then `closed` once; or `closed` alone. */
export interface ChannelHandlers {
  /** The socket is there and the request went out. */
  requested?(): void
  opened(message: Of<"opened">): void
  /** What the channel may do has changed, or was confirmed with a new token. */
  permission?(message: Of<"permission">): void
  data?(payload: Uint8Array): void
  durable?(message: Of<"durable">): void
  entry?(message: Of<"entry">): void
  snapshot?(message: Of<"snapshot">): void
  progress?(message: Of<"progress">): void
  caughtUp?(message: Of<"caughtUp">): void
  /** The relay is alive. */
  pong?(): void
  /** `retry` of the error says whether a new channel can succeed. */
  closed(error: MillraceError): void
}

/** One use of the socket: dead once closed. */
export interface Channel {
  /** A frame of the y-websocket protocol. Closes the channel with kind `too-large` when the relay would refuse it. */
  send(frame: Uint8Array): void
  /** Idempotent; `closed` is not called. */
  close(): void
}
