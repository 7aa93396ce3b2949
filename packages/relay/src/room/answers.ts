import { MillraceError } from "@millrace/ports"
import type { Store } from "@millrace/store"
import * as Y from "yjs"
import type { Committer } from "./committer.ts"
import { cutAside } from "./cut-in-worker.ts"
import { decodeUpdate, firstsOf } from "./decode-update.ts"
import { SharedFrame, syncFrame } from "./frame.ts"
import type { Answer } from "./mailbox.ts"
import { mergeAll } from "./merge.ts"
import { covers, decodeStateVector, lowerClocks, type Replica } from "./replica.ts"

export interface AnswersOptions {
  readonly store: Store
  readonly stream: string
  readonly committer: Committer
  /** The one in force. */
  replica(): Replica
  /** Whether it holds what nobody may see before it is durable. */
  withholds(): boolean
}

/** A piece of an answer; a link of 1 Mbit/s carries one a second. */
const pieceBytes = 131_072
/** What came since a client was here is read from the log up to these; more is found by comparing state vectors. */
const maxResumeEntries = 4096
const maxResumeBytes = 4_194_304

type Made = Answer | Promise<Answer>
type LastStep = "step2" | "update"

/**
 * Answers to those who join, come back or fell behind, in pieces that a document can take in one after another, so that a cut costs only
 * what was on its way. All who lack the same share one answer.
 */
export class Answers {
  readonly #options: AnswersOptions
  readonly #shared = new Map<
    Uint8Array,
    { readonly lastStep: LastStep; readonly frames: Promise<readonly SharedFrame[]> }
  >()

  constructor(options: AnswersOptions) {
    this.#options = options
  }

  /**
   * What a peer with this state vector lacks. `afterSeq`: it has every entry up to there, as it says; where its state vector agrees it gets what came since
   * and nothing else. Throws or rejects with kind `corrupt` for bytes that are no state vector.
   */
  make(stateVector: Uint8Array, afterSeq: number): Made {
    const { committer } = this.#options
    if (afterSeq > 0 && afterSeq <= committer.seq) return this.#resumed(stateVector, afterSeq)
    if (this.#options.withholds()) return this.#whenDurable(stateVector)
    return this.cut(this.#options.replica().diff(stateVector), "step2", committer.ordinal)
  }

  /** An update as an answer. `ordinal`: the last of the room's updates that it may hold. */
  cut(update: Uint8Array, lastStep: LastStep, ordinal: number): Made {
    const known = this.#shared.get(update)
    if (known?.lastStep === lastStep) return known.frames.then((frames) => answerOf(frames, ordinal))
    const pieces = cutAside(update, pieceBytes)
    if (!(pieces instanceof Promise) && pieces.length === 1) return answerOf(framesOf(pieces, lastStep), ordinal)
    const frames = Promise.resolve(pieces).then((all) => framesOf(all, lastStep))
    this.#shared.set(update, { lastStep, frames })
    return frames.then((all) => answerOf(all, ordinal))
  }

  async #whenDurable(stateVector: Uint8Array): Promise<Answer> {
    const { committer } = this.#options
    while (this.#options.withholds()) await committer.flush()
    return this.cut(this.#options.replica().diff(stateVector), "step2", committer.ordinal)
  }

  async #resumed(stateVector: Uint8Array, afterSeq: number): Promise<Answer> {
    const { committer } = this.#options
    await committer.flush()
    // What comes in from here on goes to the peer behind the answer.
    const { ordinal } = committer
    const clocks = Y.decodeStateVector(this.#options.replica().stateVector())
    const entries = await this.#entriesAfter(afterSeq)
    if (entries === undefined) return this.#whenDurable(stateVector)
    lowerClocks(clocks, firstsOf(...entries.map((update) => decodeUpdate(update))))
    if (!covers(decodeStateVector(stateVector), clocks)) return this.#whenDurable(stateVector)
    return this.cut(mergeAll(entries), "step2", ordinal)
  }

  /** Undefined where they are too many, or were trimmed. */
  async #entriesAfter(afterSeq: number): Promise<readonly Uint8Array[] | undefined> {
    const { store, stream, committer } = this.#options
    if (committer.seq - afterSeq > maxResumeEntries) return undefined
    const entries: Uint8Array[] = []
    let bytes = 0
    try {
      for await (const { payload } of store.read(stream, afterSeq)) {
        bytes += payload.length
        if (bytes > maxResumeBytes) return undefined
        entries.push(payload)
      }
      return entries
    } catch (thrown) {
      if (thrown instanceof MillraceError && thrown.kind === "not-found") return undefined
      throw thrown
    }
  }
}

function framesOf(pieces: readonly Uint8Array[], lastStep: LastStep): readonly SharedFrame[] {
  return pieces.map(
    (piece, index) => new SharedFrame(syncFrame(index === pieces.length - 1 ? lastStep : "update", piece)),
  )
}

function answerOf(frames: readonly SharedFrame[], ordinal: number): Answer {
  return { frames, ordinal, bytes: frames.reduce((sum, frame) => sum + frame.bytes.length, 0) }
}
