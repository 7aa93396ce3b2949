import { AckLedger } from "./ack-ledger.ts"
import type { SharedFrame } from "./frame.ts"
import { Mailbox, type Postman } from "./mailbox.ts"
import type { Peer } from "./peer.ts"

/** Updates that may still come from a peer that may not write any more and has not read so; they are not taken. */
const maxStrayFrames = 1000

/** What a room knows of one peer. */
export class Member implements Postman {
  readonly peer: Peer
  readonly mail: Mailbox
  readonly acks: AckLedger = new AckLedger()
  /** True from a gap until the whole answer that we asked for. */
  awaitsWhole = false
  strayFrames = 0
  /** Change of presence up to which it was told. */
  presenceSeen: number
  presenceDue = false
  /** It is owed a sign of life. */
  echoDue = false
  /** Its counts have grown and are told with whatever goes next. */
  noticeDue = false
  /** It is told up to which seq it has everything, once nothing waits for it. */
  seqDue = false
  #resumeSeq: number
  /** It has had an answer to its state vector. */
  answered = false

  constructor(peer: Peer, maxBytes: number, presenceSeen: number) {
    this.peer = peer
    this.mail = new Mailbox(maxBytes)
    this.presenceSeen = presenceSeen
    this.#resumeSeq = peer.afterSeq
  }

  /** Where its first question resumes; whoever asks again wants to know better. */
  takeResumeSeq(): number {
    const seq = this.#resumeSeq
    this.#resumeSeq = 0
    return seq
  }

  get isUpToDate(): boolean {
    return this.answered && this.mail.isEmpty && this.mail.lacks === undefined
  }

  regranted(): void {
    this.strayFrames = maxStrayFrames
  }

  send(frame: SharedFrame, bulk: boolean): void {
    this.peer.send(frame, bulk)
  }

  takesBulk(): boolean {
    return this.peer.takesBulk()
  }

  progress(doneBytes: number, totalBytes: number): void {
    this.peer.progress(doneBytes, totalBytes)
  }

  sent(ordinal: number): void {
    if (this.peer.counts) this.acks.sentFrame(ordinal)
  }

  answerGiven(): void {
    this.answered = true
    this.noticeDue = true
  }
}
