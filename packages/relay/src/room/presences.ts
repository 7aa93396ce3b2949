import type { Clock, Timer } from "@millrace/ports"
import { AwarenessTable, emptyPresence } from "./awareness.ts"
import type { Member } from "./member.ts"
import type { Peer } from "./peer.ts"

/** Changes gather for a tenth of a millisecond a peer, since telling costs every peer a write. */
const gatherMsPerPeer = 0.1
const maxGatherMs = 100

/** Who is present in a room, told to all its peers: what changes within a tick in one frame, the latest of each client alone. */
export class Presences {
  readonly #clock: Clock
  readonly #table: AwarenessTable
  readonly #members: ReadonlyMap<Peer, Member>
  #timer: Timer | undefined

  constructor(clock: Clock, maxClientsPerPeer: number, members: ReadonlyMap<Peer, Member>) {
    this.#clock = clock
    this.#table = new AwarenessTable(maxClientsPerPeer)
    this.#members = members
  }

  /** Number of the last change. */
  get change(): number {
    return this.#table.change
  }

  /** Takes in an awareness frame's payload; throws as `AwarenessTable.receive` does. */
  receive(member: Member, payload: Uint8Array): void {
    if (this.#table.receive(member.peer, payload)) return this.#changed()
    // Stock clients take silence for a dead connection, so a repetition has its echo.
    member.echoDue = true
    member.peer.wake()
  }

  leave(peer: Peer): void {
    if (this.#table.leave(peer)) this.#changed()
  }

  /** Gives what is due. */
  give(member: Member): void {
    if (member.presenceDue) {
      const frame = this.#table.since(member.presenceSeen)
      member.presenceDue = false
      member.presenceSeen = this.#table.change
      if (frame !== undefined) {
        member.send(frame, false)
        member.echoDue = false
      }
    }
    if (!member.echoDue) return
    member.echoDue = false
    member.send(emptyPresence, false)
  }

  /** Puts everybody who is present into the mail, for a joiner or one that asks. */
  putAll(member: Member): void {
    const frame = this.#table.snapshot()
    if (frame === undefined) return
    member.mail.put(frame)
    member.peer.wake()
  }

  close(): void {
    this.#timer?.cancel()
  }

  #changed(): void {
    const delayMs = Math.min(maxGatherMs, Math.floor(this.#members.size * gatherMsPerPeer))
    if (delayMs === 0) return this.#tell()
    this.#timer ??= this.#clock.after(delayMs, () => this.#tell())
  }

  #tell(): void {
    this.#timer = undefined
    let seen = this.#table.change
    for (const [peer, member] of this.#members) {
      seen = Math.min(seen, member.presenceSeen)
      member.presenceDue = true
      peer.wake()
    }
    this.#table.seenByAll(seen)
  }
}
