import type { Duplex } from "node:stream"
import { MillraceError } from "@millrace/ports"
import type { WebSocket } from "ws"
import type { Grant } from "../access/grants.ts"
import type { Claims } from "../access/token.ts"
import type { Peer } from "../room/peer.ts"
import type { Room } from "../room/room.ts"
import { Connection } from "./connection.ts"
import type { Source } from "./outbox.ts"
import type { Session } from "./session.ts"
import { messagesIn } from "./stock-messages.ts"

/** Serves one y-websocket client in a room that is already loaded and held for it; the hold is released at its end. */
export function serveStock(
  session: Session,
  { socket, stream }: { readonly socket: WebSocket; readonly stream: Duplex },
  claims: Claims,
  grant: Grant,
  room: Room,
): Connection {
  const { maxMessageBytes } = session.limits
  const leave = session.guard.enterWorkspace(room.ref.name)
  const connection: Connection = new Connection({
    ...session,
    socket,
    stream,
    claims,
    onMessage: (bytes) => {
      if (bytes.length > maxMessageBytes) throw tooLarge(maxMessageBytes)
      session.guard.passWorkspace(room.ref.name, bytes.length)
      for (const message of messagesIn(bytes)) room.receive(peer, message)
    },
    onEnd: () => {
      connection.forget(source)
      leave()
      room.leave(peer)
      session.rooms.release(room)
    },
  })
  const peer: Peer = {
    subject: claims.subject,
    ...grant,
    counts: false,
    afterSeq: 0,
    wake: () => connection.wake(source),
    send: (frame, bulk) => connection.give(frame.wire, bulk),
    takesBulk: () => connection.takesBulk(source),
    progress: () => {},
    durable: () => {},
    caughtUp: () => {},
    fail: (error) => connection.end(error),
    holdUntil: (ready) => connection.holdUntil(ready),
  }
  const source: Source = { give: (maxBytes) => room.give(peer, maxBytes) }
  connection.start()
  if (!connection.ended) room.join(peer)
  return connection
}

/** The refusal of a message over the limit. */
export function tooLarge(maxMessageBytes: number): MillraceError {
  return new MillraceError(`A message may have ${maxMessageBytes} bytes; send the change in smaller transactions.`, {
    kind: "too-large",
  })
}
