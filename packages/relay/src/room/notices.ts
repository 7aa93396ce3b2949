import type { Clock, Timer } from "@millrace/ports"
import type { Committer } from "./committer.ts"
import type { Member } from "./member.ts"
import type { Peer } from "./peer.ts"

/** Notices of what became durable that only observers wait for go out together where there are more peers than these. */
const maxPromptPeers = 16
const gatherMs = 100
/** How often a peer is told up to which seq it has everything, while that grows. */
const seqMs = 1000

/** Tells the peers of a room that count frames what has become durable: whoever wrote at once, whoever only reads soon. */
export class Notices {
  readonly #clock: Clock
  readonly #committer: Committer
  readonly #members: ReadonlyMap<Peer, Member>
  #timer: Timer | undefined
  #seqTimer: Timer | undefined

  constructor(clock: Clock, committer: Committer, members: ReadonlyMap<Peer, Member>) {
    this.#clock = clock
    this.#committer = committer
    this.#members = members
  }

  /** More has become durable. */
  grown(): void {
    for (const member of this.#members.values()) this.note(member)
    this.#seqTimer ??= this.#clock.after(seqMs, () => {
      this.#seqTimer = undefined
      for (const member of this.#members.values()) {
        member.seqDue = true
        if (member.peer.counts) member.peer.wake()
      }
    })
  }

  /** What the member sent or was sent may be durable already. */
  note(member: Member): void {
    if (!member.peer.counts || member.noticeDue) return
    const grows = member.acks.grows(this.#committer.durableOrdinal)
    if (grows.received || (grows.sent && this.#members.size <= maxPromptPeers)) {
      member.noticeDue = true
      member.peer.wake()
    } else if (grows.sent) this.#timer ??= this.#clock.after(gatherMs, () => this.#noteAll())
  }

  /** Gives what is due, after everything else that goes with it. */
  give(member: Member): void {
    const { peer } = member
    if (!peer.counts) return
    if (member.noticeDue) {
      member.noticeDue = false
      const counts = member.acks.durableUpTo(this.#committer.durableOrdinal)
      if (counts !== undefined) peer.durable(counts, this.#committer.seq)
    } else this.note(member)
    if (!member.seqDue || !member.isUpToDate) return
    member.seqDue = false
    peer.caughtUp(this.#committer.seq)
  }

  close(): void {
    this.#timer?.cancel()
    this.#seqTimer?.cancel()
  }

  #noteAll(): void {
    this.#timer = undefined
    for (const member of this.#members.values()) {
      member.noticeDue = true
      if (member.peer.counts) member.peer.wake()
    }
  }
}
