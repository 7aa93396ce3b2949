import type { MillraceError } from "@millrace/ports"
import type { Permission, Role } from "@millrace/protocol"
import type { SharedFrame } from "./frame.ts"

/**
 * One replica's end in a room. The room keeps what waits for it: `wake` says that something does, and whoever is behind the peer then calls the
 * room's `give`, during which alone `send`, `progress`, `durable` and `caughtUp` are called.
 *
 * A peer is told to stop by `fail`, after which it leaves.
 */
export interface Peer {
  readonly subject: string
  readonly role: Role
  readonly permission: Permission
  /** Whether it counts frames: it is told `durable`, `progress` and `caughtUp`, of millrace.v1; stock peers do not listen. */
  readonly counts: boolean
  /** Its copy has every entry up to this seq, as it says; 0 where it does not know. */
  readonly afterSeq: number
  wake(): void
  /** `bulk`: a piece of a large answer. */
  send(frame: SharedFrame, bulk: boolean): void
  /** Whether a piece of a large answer may go now; where not, the peer wakes by itself once it may. */
  takesBulk(): boolean
  progress(doneBytes: number, totalBytes: number): void
  durable(counts: { readonly received: number; readonly sent: number }, seq: number): void
  /** Everything up to `seq` has been sent. */
  caughtUp(seq: number): void
  fail(error: MillraceError): void
  /** Reads nothing more from the peer until the promise settles: the disk is behind. */
  holdUntil(ready: Promise<void>): void
}
