import type { MillraceError } from "@millrace/ports"
import type { Channel, ChannelHandlers, ChannelRequest } from "./channel.ts"
import type { SocketState } from "./socket-state.ts"

/** Told of every step; `error` is why, where something went wrong. */
export type StateWatcher = (state: SocketState, error: MillraceError | undefined) => void

/** The way of documents to a relay: the socket itself, or the tab that holds it. */
export interface RelayLink {
  openChannel(request: ChannelRequest, handlers: ChannelHandlers): Channel
  watch(watcher: StateWatcher): () => void
  /** Ends a back-off early: the network is said to be back. */
  wake(): void
  /** Closes every channel with kind `closed`. Idempotent. */
  close(): void
}
