import type { ErrorKind, Retry } from "@millrace/ports"
import type { Permission } from "./roles.ts"

/**
 * Messages of `millrace.v1`, in the order of a conversation.
 *
 * One socket carries many channels; a channel is one workspace in one mode, its number chosen by the client and never
 * used again on that socket. Mode `sync` carries the unchanged y-websocket frames of a replica. Mode `log` carries
 * the durable update log to services that follow it: each entry with its seq, author and time, after it was flushed.
 */
export type ClientMessage =
  | {
      readonly type: "open"
      readonly channel: number
      /** `<workspace>`, `<workspace>@<generation>`, or with `~status` behind the name. */
      readonly workspace: string
      readonly mode: "sync" | "log"
      /** Generation of the local copy, 0 when there is none. A mismatch is refused with kind `generation`. */
      readonly generation: number
      /** Mode `log`: entries with a higher seq are wanted. Mode `sync`: the local copy has every entry up to here, 0 where nobody knows. */
      readonly afterSeq: number
    }
  | { readonly type: "data"; readonly channel: number; readonly payload: Uint8Array }
  | { readonly type: "close"; readonly channel: number }
  /** Asks to hear of every durable append in workspaces that the token may read. */
  | { readonly type: "feed" }
  /** Own liveness: whoever hears nothing for two `pingMs` drops the socket. */
  | { readonly type: "ping"; readonly nonce: number }
  /**
   * A newer token of the same subject for this socket, before the old one expires or because a role has changed. Answered by
   * `permission`; one that is refused ends the socket, and while one is checked no other may be sent.
   */
  | { readonly type: "auth"; readonly token: string }
  /** A piece of a larger message, in order, never mixed with other messages on the socket before `last`. */
  | { readonly type: "part"; readonly last: boolean; readonly bytes: Uint8Array }

export type ServerMessage =
  | {
      readonly type: "hello"
      readonly version: number
      readonly subject: string
      readonly maxMessageBytes: number
      readonly maxPartBytes: number
      readonly pingMs: number
    }
  | {
      readonly type: "opened"
      readonly channel: number
      readonly workspace: string
      readonly generation: number
      readonly permission: Permission
      /** Last durable seq when the channel opened. */
      readonly seq: number
    }
  | { readonly type: "data"; readonly channel: number; readonly payload: Uint8Array }
  /**
   * Mode `sync`: of the frames on this channel that carry an update (`carriesUpdate`), the first `received` from the
   * client and the first `sent` to it are flushed to disk, at `seq` or before. The counts never go back.
   */
  | {
      readonly type: "durable"
      readonly channel: number
      readonly received: number
      readonly sent: number
      readonly seq: number
    }
  /** Mode `log`: one durable entry; seqs ascend. */
  | {
      readonly type: "entry"
      readonly channel: number
      readonly seq: number
      readonly generation: number
      readonly author: string
      readonly timeMs: number
      readonly update: Uint8Array
    }
  /**
   * Mode `log`: a piece of one update that stands for every entry up to `seq`, where what follows `afterSeq` is kept no
   * more one by one. It holds entries up to `holdsSeq`, of which those after `seq` follow all the same. Pieces come in order with nothing else of the channel
   * between them and have `totalBytes` together. Author and time are those of entry `seq`.
   */
  | {
      readonly type: "snapshot"
      readonly channel: number
      readonly seq: number
      readonly holdsSeq: number
      readonly generation: number
      readonly author: string
      readonly timeMs: number
      readonly totalBytes: number
      readonly last: boolean
      readonly piece: Uint8Array
    }
  /**
   * Mode `sync`: the next frame is a piece of an answer of `totalBytes`, of which `doneBytes` were sent before it. Each piece is an update
   * that a document can take in after those before it, so that a cut loses none of them. Behind the last piece it comes once more, with `doneBytes` equal to `totalBytes`.
   */
  | {
      readonly type: "progress"
      readonly channel: number
      readonly doneBytes: number
      readonly totalBytes: number
    }
  /**
   * Mode `log`: everything that was durable when the channel opened has been sent. Mode `sync`, from time to time: every entry up to
   * `seq` is in what was sent or came from the client, which may open its next channel `afterSeq`.
   */
  | { readonly type: "caughtUp"; readonly channel: number; readonly seq: number }
  | { readonly type: "feed"; readonly workspace: string; readonly generation: number; readonly seq: number }
  | { readonly type: "pong"; readonly nonce: number }
  /** With a channel: that channel is closed. With channel 0: the socket will be closed. */
  | {
      readonly type: "error"
      readonly channel: number
      readonly kind: ErrorKind
      readonly retry: Retry
      readonly message: string
    }
  /**
   * Answer to `auth`: what the token in force allows on each open channel, then with channel 0 the most that it allows
   * anywhere. A channel on which it allows nothing any more is closed by an `error` instead. Sent to nobody who has not sent `auth`.
   */
  | {
      readonly type: "permission"
      readonly channel: number
      readonly permission: Permission
      /** When the token expires, in milliseconds since the epoch by the relay's clock. */
      readonly expiresAtMs: number
    }
  | { readonly type: "part"; readonly last: boolean; readonly bytes: Uint8Array }
