import { type Deferred, deferred } from "@millrace/indexeddb"
import type { MillraceError } from "@millrace/ports"
import type { RecordKey } from "./record-key.ts"

export type Side = "local" | "remote"

/** Hears what becomes of touches; every `opened` is followed by one `closed` or `merged` of the same side. */
export interface TouchBook {
  opened(key: RecordKey, side: Side): void
  /** A further local edit of a record that is open. */
  edited(key: RecordKey): void
  /** The same record is open in another batch of this side too: one less. */
  merged(key: RecordKey, side: Side): void
  closed(key: RecordKey, side: Side, seq: number): void
}

type Durable = Deferred<{ readonly seq: number }>

interface Batch {
  frame: number
  updates: number
  readonly local: Set<RecordKey>
  readonly remote: Set<RecordKey>
  readonly waiters: Durable[]
}

function emptyBatch(): Batch {
  return { frame: 0, updates: 0, local: new Set(), remote: new Set(), waiters: [] }
}

/**
 * Which updates are on the relay's disk, from counts of frames.
 *
 * Frames that carry an update count from 1 in each direction, anew on each channel. An update made while the channel is open
 * is covered by its own frame, in the direction that it travelled. All that came before, and what was under way when a channel was
 * lost, is covered by the next sync step 2, which carries whatever the relay lacks of the whole document.
 */
export class AckLedger {
  readonly #book: TouchBook
  /** Waits for a step 2. */
  #uncovered = emptyBatch()
  #sent: Batch[] = []
  #received: Batch[] = []
  #seq = 0
  #failure: MillraceError | undefined

  constructor(book: TouchBook) {
    this.#book = book
  }

  /** Highest durable seq heard of. */
  get seq(): number {
    return this.#seq
  }

  /** Whether every update is known to be durable. */
  get settled(): boolean {
    return this.#sent.length === 0 && this.#received.length === 0 && isEmpty(this.#uncovered)
  }

  raiseSeq(seq: number): void {
    this.#seq = Math.max(this.#seq, seq)
  }

  /** An update of this document went out as update frame number `frame`; undefined when no channel took it. */
  local(keys: Iterable<RecordKey>, frame: number | undefined): void {
    this.#add(keys, "local", frame, this.#sent)
  }

  /** An update came in with update frame number `frame`; undefined when it came from elsewhere and may not be durable. */
  remote(keys: Iterable<RecordKey>, frame: number | undefined): void {
    this.#add(keys, "remote", frame, this.#received)
  }

  /** A sync step 2 went out as update frame number `frame`: it covers all that no frame covers. */
  stepTwo(frame: number): void {
    const batch = this.#uncovered
    batch.frame = frame
    this.#uncovered = emptyBatch()
    this.#sent.push(batch)
  }

  /** The channel is gone, and with it the counts. */
  lost(): void {
    const all = [...this.#sent, ...this.#received]
    this.#sent = []
    this.#received = []
    for (const batch of all) this.#absorb(batch)
  }

  /** The relay's word: of the frames, the first `received` sent and the first `sent` received are durable, at `seq` or before. */
  durable(received: number, sent: number, seq: number): void {
    this.raiseSeq(seq)
    this.#sent = this.#resolve(this.#sent, received, seq)
    this.#received = this.#resolve(this.#received, sent, seq)
  }

  /** Resolves once all local updates up to now are durable; rejects when they cannot be, after `fail`. */
  flushed(): Promise<{ readonly seq: number }> {
    const last = !isEmpty(this.#uncovered) ? this.#uncovered : this.#sent.at(-1)
    if (last === undefined) return Promise.resolve({ seq: this.#seq })
    const waiter: Durable = deferred()
    if (this.#failure !== undefined) {
      waiter.reject(this.#failure)
      return waiter.promise
    }
    last.waiters.push(waiter)
    return waiter.promise
  }

  /** Rejects every promise still open, and those to come; the touches stay open. */
  fail(error: MillraceError): void {
    this.#failure = error
    for (const batch of [...this.#sent, ...this.#received, this.#uncovered]) {
      for (const waiter of batch.waiters.splice(0)) waiter.reject(error)
    }
  }

  #add(keys: Iterable<RecordKey>, side: Side, frame: number | undefined, queue: Batch[]): void {
    let batch = this.#uncovered
    if (frame !== undefined) {
      const last = queue.at(-1)
      batch = last?.frame === frame ? last : emptyBatch()
      if (batch !== last) queue.push(batch)
      batch.frame = frame
    }
    batch.updates += 1
    for (const key of keys) {
      if (batch[side].has(key)) {
        if (side === "local") this.#book.edited(key)
        continue
      }
      batch[side].add(key)
      this.#book.opened(key, side)
    }
  }

  #absorb(batch: Batch): void {
    const into = this.#uncovered
    for (const side of ["local", "remote"] as const) {
      for (const key of batch[side]) {
        if (into[side].has(key)) this.#book.merged(key, side)
        else into[side].add(key)
      }
    }
    into.updates += batch.updates
    into.waiters.push(...batch.waiters)
  }

  #resolve(queue: Batch[], count: number, seq: number): Batch[] {
    let done = 0
    for (const batch of queue) {
      if (batch.frame > count) break
      done += 1
      for (const side of ["local", "remote"] as const) {
        for (const key of batch[side]) this.#book.closed(key, side, seq)
      }
      for (const waiter of batch.waiters) waiter.resolve({ seq })
    }
    return done === 0 ? queue : queue.slice(done)
  }
}

function isEmpty(batch: Batch): boolean {
  return batch.updates === 0 && batch.waiters.length === 0
}
