import type { MillraceError } from "@millrace/ports"
import type { Permission, Role } from "@millrace/protocol"
import type { SharedFrame } from "./frame.ts"

/** One replica's end in a room. A peer is told to stop by `fail`, after which it leaves. */
export interface Peer {
  readonly subject: string
  readonly role: Role
  readonly permission: Permission
  /** `whole`: an answer to a joiner, which may be far larger than what a slow socket is allowed to leave waiting. */
  send(frame: SharedFrame, whole: boolean): void
  /** Tells the counts of `durable` of millrace.v1; stock peers do not listen. */
  durable(counts: { readonly received: number; readonly sent: number }, seq: number): void
  fail(error: MillraceError): void
  /** Reads nothing more from the peer until the promise settles: the disk is behind. */
  holdUntil(ready: Promise<void>): void
}
