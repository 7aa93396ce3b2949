import type { MillraceError } from "@millrace/ports"
import { encodeServerMessage, type Permission, type Role, type ServerMessage } from "@millrace/protocol"
import type { Grant } from "../access/grants.ts"
import type { Peer } from "../room/peer.ts"
import type { Room } from "../room/room.ts"
import type { Connection } from "./connection.ts"
import type { Source } from "./outbox.ts"
import type { Session } from "./session.ts"
import { binaryWire } from "./wire.ts"

/** One open channel of a socket of millrace.v1. */
export interface Channel {
  receive(frame: Uint8Array): void
  /** The token in force allows something else from now on. */
  regrant(grant: Grant): void
  /** Idempotent; says nothing to the client. */
  close(): void
}

export interface ChannelOptions {
  readonly channel: number
  readonly connection: Connection
  readonly subject: string
  /** Up to which seq the client has everything, as it says. */
  readonly afterSeq: number
  /** The channel cannot go on: say so, and close it. */
  fail(error: MillraceError): void
}

/** Joins the room, which is already held for the channel, and speaks its frames as `data`. */
export function openSyncChannel(session: Session, options: ChannelOptions, grant: Grant, room: Room): Channel {
  const { channel, connection } = options
  const tell = (message: ServerMessage): void => connection.give(binaryWire(encodeServerMessage(message)), false)
  const leave = session.guard.enterWorkspace(room.ref.name)
  const peer: Peer & { role: Role; permission: Permission } = {
    subject: options.subject,
    ...grant,
    counts: true,
    afterSeq: options.afterSeq,
    wake: () => connection.wake(source),
    send: (frame, bulk) => {
      for (const wire of frame.wiresOn(channel, session.limits.maxPartBytes)) connection.give(wire, bulk)
    },
    takesBulk: () => connection.takesBulk(source),
    progress: (doneBytes, totalBytes) => tell({ type: "progress", channel, doneBytes, totalBytes }),
    durable: ({ received, sent }, seq) => {
      session.metrics.acks.add()
      tell({ type: "durable", channel, received, sent, seq })
    },
    caughtUp: (seq) => tell({ type: "caughtUp", channel, seq }),
    fail: (error) => options.fail(error),
    holdUntil: (ready) => connection.holdUntil(ready),
  }
  const source: Source = { give: (maxBytes) => room.give(peer, maxBytes) }
  let open = true
  try {
    room.join(peer)
  } catch (thrown) {
    leave()
    throw thrown
  }
  return {
    receive: (frame) => {
      session.guard.passWorkspace(room.ref.name, frame.length)
      room.receive(peer, frame)
    },
    regrant: ({ role, permission }) => {
      const before = peer.permission
      peer.role = role
      peer.permission = permission
      if (before !== permission) room.regranted(peer)
    },
    close: () => {
      if (!open) return
      open = false
      connection.forget(source)
      leave()
      room.leave(peer)
      session.rooms.release(room)
    },
  }
}
