import type { SharedFrame } from "./frame.ts"

/** One frame that carries an update, with the last update of the room that it needs to be durable before it is. */
export interface UpdateFrame {
  readonly frame: SharedFrame
  readonly ordinal: number
  /** Per client the first clock that the update has: whoever lacks the update has less. */
  readonly firsts: ReadonlyMap<number, number>
}

/** An answer in pieces, each of which a document can take in after those before it. */
export interface Answer {
  readonly frames: readonly SharedFrame[]
  readonly bytes: number
  readonly ordinal: number
}

/** Whom the mail is given to. */
export interface Postman {
  /** `bulk`: a piece of an answer. */
  send(frame: SharedFrame, bulk: boolean): void
  /** Whether a piece of an answer may go now. */
  takesBulk(): boolean
  /** How much of an answer has gone, told before each of its pieces, and behind the last, where there are several. */
  progress(doneBytes: number, totalBytes: number): void
  /** A frame that carries an update has gone. */
  sent(ordinal: number): void
  /** All pieces of an answer have gone. */
  answerGiven(): void
}

type Item =
  | { readonly type: "plain"; readonly frame: SharedFrame }
  | { readonly type: "update"; readonly update: UpdateFrame }
  | { readonly type: "answer"; answer: Answer | undefined; at: number; doneBytes: number }

/**
 * What waits for one peer of a room, in order, until its socket takes it.
 *
 * Updates are bounded by bytes: when more of them wait, all are dropped, and from then on the mailbox only notes what the peer lacks.
 * Once the rest has gone, the room answers it with exactly that. Answers are shared by peers and cut in pieces that exist once, so they do not count.
 */
export class Mailbox {
  readonly #maxBytes: number
  #items: Item[] = []
  #bytes = 0
  #lacks: Map<number, number> | undefined

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  get isEmpty(): boolean {
    return this.#items.length === 0
  }

  /** Bytes of updates that wait. */
  get bytes(): number {
    return this.#bytes
  }

  /** Of a peer whose updates were dropped: per client the clock from which on it lacks something; undefined where nothing was. */
  get lacks(): ReadonlyMap<number, number> | undefined {
    return this.#lacks
  }

  /** A frame that carries no update: there is a handful of them at most. */
  put(frame: SharedFrame): void {
    this.#items.push({ type: "plain", frame })
  }

  /** False where the limit made all updates that wait, this one included, be dropped. */
  putUpdate(update: UpdateFrame): boolean {
    if (this.#lacks !== undefined) {
      lower(this.#lacks, update.firsts)
      return true
    }
    this.#items.push({ type: "update", update })
    this.#bytes += update.frame.bytes.length
    if (this.#bytes <= this.#maxBytes) return true
    this.#dropUpdates()
    return false
  }

  /** Keeps a place for an answer that is being made: nothing behind it goes before it is filled. */
  keepPlace(): (answer: Answer) => void {
    const item: Item = { type: "answer", answer: undefined, at: 0, doneBytes: 0 }
    this.#items.push(item)
    return (answer) => void (item.answer = answer)
  }

  /** What was lacking is in an answer that is put next. */
  caughtUp(): void {
    this.#lacks = undefined
  }

  /** Gives at most about `maxBytes`; whether more could go now. */
  give(maxBytes: number, to: Postman): boolean {
    let bytes = 0
    let taken = 0
    for (const item of this.#items) {
      if (bytes >= maxBytes) break
      if (item.type === "answer") {
        bytes += this.#giveAnswer(item, maxBytes - bytes, to)
        if (item.answer === undefined || item.at < item.answer.frames.length) break
      } else {
        const { frame } = item.type === "plain" ? item : item.update
        to.send(frame, false)
        bytes += frame.bytes.length
        if (item.type === "update") {
          this.#bytes -= frame.bytes.length
          to.sent(item.update.ordinal)
        }
      }
      taken += 1
    }
    if (taken === this.#items.length) this.#items = []
    else if (taken > 0) this.#items.splice(0, taken)
    const [next] = this.#items
    return next !== undefined && (next.type !== "answer" || (next.answer !== undefined && to.takesBulk()))
  }

  #giveAnswer(item: Extract<Item, { type: "answer" }>, maxBytes: number, to: Postman): number {
    if (item.answer === undefined) return 0
    const { frames, bytes: totalBytes, ordinal } = item.answer
    let bytes = 0
    for (; item.at < frames.length && bytes < maxBytes && to.takesBulk(); item.at++) {
      const frame = frames[item.at]
      if (frame === undefined) break
      if (frames.length > 1) to.progress(item.doneBytes, totalBytes)
      to.send(frame, true)
      to.sent(ordinal)
      item.doneBytes += frame.bytes.length
      bytes += frame.bytes.length
    }
    if (item.at === frames.length) {
      if (frames.length > 1) to.progress(totalBytes, totalBytes)
      to.answerGiven()
    }
    return bytes
  }

  #dropUpdates(): void {
    const lacks = new Map<number, number>()
    for (const item of this.#items) if (item.type === "update") lower(lacks, item.update.firsts)
    this.#items = this.#items.filter(({ type }) => type !== "update")
    this.#bytes = 0
    this.#lacks = lacks
  }
}

function lower(clocks: Map<number, number>, firsts: ReadonlyMap<number, number>): void {
  for (const [client, clock] of firsts) {
    const known = clocks.get(client)
    if (known === undefined || clock < known) clocks.set(client, clock)
  }
}
