import { asMillraceError, type Clock, type Log, MillraceError, messageOf, type Spans } from "@millrace/ports"
import { formatWorkspaceRef, frameTypes, syncSteps, type WorkspaceRef } from "@millrace/protocol"
import type { Store } from "@millrace/store"
import type { Tail } from "../compact/compactor.ts"
import type { Limits } from "../limits.ts"
import type { Metrics } from "../metrics/metrics.ts"
import { Answers } from "./answers.ts"
import { Committer } from "./committer.ts"
import { decodeUpdate, type DecodedUpdate, firstsOf } from "./decode-update.ts"
import { payloadOf, SharedFrame, syncFrame } from "./frame.ts"
import type { Answer, UpdateFrame } from "./mailbox.ts"
import { Member } from "./member.ts"
import { Notices } from "./notices.ts"
import type { Peer } from "./peer.ts"
import { Presences } from "./presences.ts"
import { type LoadedState, loadState } from "./load-state.ts"
import { commitSpans } from "./commit-spans.ts"
import type { Replica } from "./replica.ts"
import { streamOf } from "./stream-name.ts"

export interface RoomOptions {
  readonly ref: WorkspaceRef
  readonly store: Store
  readonly clock: Clock
  readonly log: Log
  readonly limits: Limits
  readonly metrics: Metrics
  readonly spans: Spans
  readonly state: LoadedState
  /** Whether the process has much to do, so that commits should be fewer and larger. */
  isBusy(): boolean
  /** More of the log became durable. */
  onGrown(room: Room): void
  /** The room is of no use any more: it holds what the disk refused. */
  onPoisoned(room: Room): void
}

/** An update of the projector, passed on only once it is durable. */
interface Withheld extends UpdateFrame {
  readonly from: Peer
}

interface Renewal {
  readonly updates: { readonly bytes: Uint8Array; readonly update: DecodedUpdate }[]
  bytes: number
}

/**
 * One open workspace: checks what comes in, passes it on at once, commits it in groups, and tells each peer what is durable.
 *
 * Nothing that the disk refused is kept: when an append fails the room is poisoned, every peer is told to come back, and
 * the next one to come loads the workspace anew.
 */
export class Room {
  readonly ref: WorkspaceRef
  readonly #options: RoomOptions
  #replica: Replica
  #snapshotSeq: number
  /** Bytes of entries after the snapshot. */
  #tailBytes: number
  /** While the replica is renewed: what came in since that began. */
  #since: Renewal | undefined
  readonly #members = new Map<Peer, Member>()
  readonly #presences: Presences
  readonly #committer: Committer
  readonly #notices: Notices
  #withheld: Withheld[] = []
  #poison: MillraceError | undefined
  #frozen = false
  readonly #answers: Answers

  constructor(options: RoomOptions) {
    this.ref = options.ref
    this.#options = options
    this.#replica = options.state.replica
    this.#snapshotSeq = options.state.snapshotSeq
    this.#tailBytes = options.state.tailBytes
    const { clock, limits } = options
    this.#presences = new Presences(clock, limits.maxAwarenessClients, this.#members)
    this.#committer = new Committer({
      store: options.store,
      stream: streamOf(options.ref),
      clock: options.clock,
      seq: options.state.seq,
      delayMs: options.limits.commitDelayMs,
      maxBytes: options.limits.maxCommitBytes,
      metrics: options.metrics,
      isBusy: () => options.isBusy(),
      onCommitted: commitSpans(options),
      onDurable: (ordinal, seq) => this.#becameDurable(ordinal, seq),
      onFailure: (cause) => this.#poisonBy(cause),
    })
    this.#answers = new Answers({
      store: options.store,
      stream: streamOf(options.ref),
      committer: this.#committer,
      replica: () => this.#replica,
      withholds: () => this.#withheld.length > 0,
    })
    this.#notices = new Notices(clock, this.#committer, this.#members)
  }

  /** Last durable seq. */
  get seq(): number {
    return this.#committer.seq
  }

  /** What the log has gathered since its snapshot. */
  get tail(): Tail {
    return { entries: this.seq - this.#snapshotSeq, bytes: this.#tailBytes }
  }

  /**
   * Puts what the store now holds in the place of the replica, after a compaction: what it lets go of, the room lets go of too.
   *
   * Nobody notices: what comes in meanwhile is in both. Gives up where too much does, or the store cannot be read.
   */
  async renew(): Promise<void> {
    const { log, store, limits } = this.#options
    if (this.#since !== undefined) return
    const since: Renewal = { updates: [], bytes: 0 }
    this.#since = since
    try {
      // Now the store has, or will never have, everything that came before.
      await this.#committer.flush()
      const { replica, snapshotSeq, tailBytes } = await loadState(store, streamOf(this.ref))
      if (this.#poison !== undefined || since.bytes > limits.maxPendingBytes) return
      for (const { bytes, update } of since.updates) replica.add(bytes, update)
      this.#replica = replica
      this.#snapshotSeq = snapshotSeq
      this.#tailBytes = tailBytes
    } catch (cause) {
      log.warn("room not renewed", { workspace: formatWorkspaceRef(this.ref), reason: messageOf(cause) })
    } finally {
      this.#since = undefined
    }
  }

  /** Whether the room can be forgotten without losing anything. */
  get idle(): boolean {
    return this.#members.size === 0 && this.#committer.idle
  }

  /** Greets the peer: our state vector where it may write, and who is present. */
  join(peer: Peer): void {
    if (this.#poison !== undefined) throw this.#poison
    const member = new Member(peer, this.#options.limits.maxBufferedBytes, this.#presences.change)
    this.#members.set(peer, member)
    if (peer.permission === "write") this.#askForWhole(member)
    this.#presences.putAll(member)
  }

  /** The peer's role or permission has changed: one that may write now is asked for what it kept back. */
  regranted(peer: Peer): void {
    const member = this.#members.get(peer)
    if (member === undefined) return
    member.regranted()
    if (peer.permission === "write") this.#askForWhole(member)
  }

  /** Gives the peer what waits for it, at most about `maxBytes`; whether more could go now. */
  give(peer: Peer, maxBytes: number): boolean {
    const member = this.#members.get(peer)
    if (member === undefined) return false
    let more = member.mail.give(maxBytes, member)
    if (member.mail.isEmpty && member.mail.lacks !== undefined) more = this.#catchUp(member, member.mail.lacks)
    this.#presences.give(member)
    this.#notices.give(member)
    return more
  }

  /** Takes in nothing more, from anybody; resolves once what it took is durable or refused. */
  freeze(): Promise<void> {
    this.#frozen = true
    return this.flush()
  }

  /** Ends every peer, those who come later included. */
  dismiss(error: MillraceError): void {
    this.#poison ??= error
    this.#frozen = true
    this.#withheld = []
    this.#endAll(error)
  }

  /** Peers. */
  get size(): number {
    return this.#members.size
  }

  /** Idempotent. */
  leave(peer: Peer): void {
    if (!this.#members.delete(peer)) return
    this.#presences.leave(peer)
  }

  /**
   * Takes one y-websocket frame. Frame types that nobody here knows are ignored, as servers of that protocol do.
   *
   * Throws a MillraceError for a frame that the peer should not have sent; nothing of it is kept, and the caller ends the peer.
   */
  receive(peer: Peer, frame: Uint8Array): void {
    const member = this.#members.get(peer)
    if (member === undefined || this.#frozen) return
    const type = frame[0] ?? -1
    switch (type) {
      case frameTypes.sync:
        return this.#receiveSync(peer, member, frame)
      case frameTypes.awareness:
        return this.#receiveAwareness(member, frame)
      case frameTypes.queryAwareness:
        return this.#presences.putAll(member)
      default:
        this.#options.log.debug("frame ignored", { workspace: formatWorkspaceRef(this.ref), type })
    }
  }

  /** Resolves once everything taken so far is durable or refused. */
  flush(): Promise<void> {
    return this.#committer.flush()
  }

  #receiveSync(peer: Peer, member: Member, frame: Uint8Array): void {
    const step = frame[1] ?? -1
    switch (step) {
      case syncSteps.step1:
        return this.#answer(member, payloadOf(frame, 2))
      case syncSteps.step2:
      case syncSteps.update:
        return this.#receiveUpdate(peer, member, frame, step === syncSteps.step2)
      default:
        throw new MillraceError("The sync frame has an unknown step; check the client's version.", { kind: "corrupt" })
    }
  }

  #receiveUpdate(peer: Peer, member: Member, frame: Uint8Array, whole: boolean): void {
    if (peer.permission !== "write") {
      if (member.strayFrames > 0) {
        member.strayFrames -= 1
        return member.acks.receivedGap()
      }
      throw new MillraceError(`The token does not allow writing in ${formatWorkspaceRef(this.ref)}; keep a copy.`, {
        kind: "forbidden",
      })
    }
    // The socket's buffer is larger than the update and will be used again.
    const bytes = payloadOf(frame, 2).slice()
    const update = decodeUpdate(bytes)
    const verdict = this.#replica.judge(update, peer.role === "projector")
    switch (verdict) {
      case "reserved":
        throw new MillraceError("The update writes under a client id that is reserved; draw another client id.", {
          kind: "reserved",
        })
      case "gap":
        return this.#receiveGap(member, whole)
      case "new":
        this.#replica.add(bytes, update)
        this.#noteSince(bytes, update)
        this.#committer.add({
          payload: bytes,
          generation: this.ref.generation,
          author: peer.subject,
          timeMs: this.#options.clock.nowMs(),
        })
        this.#passOn(peer, whole ? syncFrame("update", bytes) : frame.slice(), update)
        break
      case "known":
        break
    }
    if (whole) {
      member.awaitsWhole = false
      member.acks.receivedWhole(this.#committer.ordinal)
    } else {
      member.acks.receivedFrame(this.#committer.ordinal)
    }
    this.#notices.note(member)
    if (this.#committer.pendingBytes > this.#options.limits.maxPendingBytes) peer.holdUntil(this.#committer.flush())
  }

  /**
   * The update needs something that is not here. The peer's whole answer to our state vector has it, unless the
   * peer itself lacks it: then asking again would never end.
   */
  #receiveGap(member: Member, whole: boolean): void {
    if (whole && member.awaitsWhole) {
      throw new MillraceError(
        "This copy depends on edits that it does not have; export it, then load the workspace anew.",
        { kind: "corrupt" },
      )
    }
    member.acks.receivedGap()
    if (member.awaitsWhole) return
    member.awaitsWhole = true
    this.#askForWhole(member)
  }

  #askForWhole(member: Member): void {
    member.mail.put(new SharedFrame(syncFrame("step1", this.#replica.stateVector())))
    member.peer.wake()
  }

  #answer(member: Member, stateVector: Uint8Array): void {
    this.#putAnswer(member, this.#answers.make(stateVector, member.takeResumeSeq()))
  }

  /** Answers a peer whose updates were dropped with what it lacks; whether something can go now. */
  #catchUp(member: Member, lacks: ReadonlyMap<number, number>): boolean {
    // Woken again once that is durable.
    if (this.#withheld.length > 0) return false
    member.mail.caughtUp()
    this.#putAnswer(member, this.#answers.cut(this.#replica.since(lacks), "update", this.#committer.ordinal))
    return member.takesBulk()
  }

  /** Nothing that comes from now on goes to the member before the answer; a failure ends the member. */
  #putAnswer(member: Member, made: Answer | Promise<Answer>): void {
    const fill = member.mail.keepPlace()
    if (made instanceof Promise) void this.#fillLater(member, made, fill)
    else fill(made)
    member.peer.wake()
  }

  async #fillLater(member: Member, made: Promise<Answer>, fill: (answer: Answer) => void): Promise<void> {
    try {
      fill(await made)
      member.peer.wake()
    } catch (thrown) {
      if (this.#members.has(member.peer)) member.peer.fail(asMillraceError(thrown, "storage", { afterMs: 1000 }))
    }
  }

  #passOn(from: Peer, bytes: Uint8Array, update: DecodedUpdate): void {
    const frame = { frame: new SharedFrame(bytes), ordinal: this.#committer.ordinal, firsts: firstsOf(update) }
    if (from.role === "projector") this.#withheld.push({ ...frame, from })
    else this.#broadcast(from, frame)
  }

  #broadcast(from: Peer, update: UpdateFrame): void {
    for (const [peer, member] of this.#members) {
      if (peer === from) continue
      if (!member.mail.putUpdate(update)) this.#options.metrics.slowConsumers.add()
      peer.wake()
    }
  }

  #receiveAwareness(member: Member, frame: Uint8Array): void {
    const { maxAwarenessBytes } = this.#options.limits
    if (frame.length > maxAwarenessBytes) {
      throw new MillraceError(`An awareness frame may have ${maxAwarenessBytes} bytes.`, { kind: "too-large" })
    }
    this.#presences.receive(member, payloadOf(frame, 1))
  }

  #noteSince(bytes: Uint8Array, update: DecodedUpdate): void {
    this.#tailBytes += bytes.length
    if (this.#since === undefined) return
    this.#since.bytes += bytes.length
    if (this.#since.bytes <= this.#options.limits.maxPendingBytes) this.#since.updates.push({ bytes, update })
  }

  #becameDurable(ordinal: number, _seq: number): void {
    const ready = this.#withheld.filter((one) => one.ordinal <= ordinal)
    this.#withheld = this.#withheld.filter((one) => one.ordinal > ordinal)
    for (const one of ready) this.#broadcast(one.from, one)
    this.#notices.grown()
    // Some may have waited for what was withheld.
    for (const [peer, member] of this.#members) if (member.mail.lacks !== undefined) peer.wake()
    this.#options.onGrown(this)
  }

  #poisonBy(cause: unknown): void {
    const workspace = formatWorkspaceRef(this.ref)
    this.#options.log.error("append failed", { workspace, reason: messageOf(cause) })
    this.#poison = new MillraceError(`The relay could not store edits of ${workspace}; they are sent again.`, {
      kind: "storage",
      retry: { afterMs: 1000 },
      cause,
    })
    this.#withheld = []
    this.#options.onPoisoned(this)
    this.#endAll(this.#poison)
  }

  #endAll(error: MillraceError): void {
    for (const peer of this.#members.keys()) peer.fail(error)
    this.#members.clear()
    this.#notices.close()
    this.#presences.close()
  }
}
