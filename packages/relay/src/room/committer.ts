import type { Clock, Timer } from "@millrace/ports"
import type { NewEntry, Store } from "@millrace/store"
import type { Metrics } from "../metrics/metrics.ts"

export interface CommitterOptions {
  readonly store: Store
  readonly stream: string
  readonly clock: Clock
  /** Last durable seq. */
  readonly seq: number
  readonly delayMs: number
  readonly maxBytes: number
  readonly metrics: Metrics
  /** Whether the process has much to do. */
  isBusy(): boolean
  /** Entries up to this ordinal are flushed. */
  onDurable(ordinal: number, seq: number): void
  /** Entries were flushed, the first under `seq`; left out where nobody traces. */
  readonly onCommitted?: ((entries: readonly NewEntry[], seq: number) => void) | undefined
  /** An append failed; what waited is forgotten and nothing is taken any more. */
  onFailure(cause: unknown): void
}

/** A commit costs the same whatever its size, so a busy process begins one of a stream at most this often. */
const busySpacingMs = 30

/**
 * Group commit of one stream: entries gather for a moment, or while a commit is under way, then go to the store in one
 * append, which is fenced by the last seq that this committer knows. While the process is busy they gather longer.
 */
export class Committer {
  readonly #options: CommitterOptions
  #queue: NewEntry[] = []
  #pendingBytes = 0
  #taken = 0
  #durable = 0
  #seq: number
  #timer: Timer | undefined
  #running: Promise<void> | undefined
  #failed = false
  /** Somebody waits for all that was taken: it goes without gathering. */
  #drains = false
  #beganAtMs = 0

  constructor(options: CommitterOptions) {
    this.#options = options
    this.#seq = options.seq
  }

  /** Ordinal of the last entry taken; the first is 1. */
  get ordinal(): number {
    return this.#taken
  }

  get durableOrdinal(): number {
    return this.#durable
  }

  get seq(): number {
    return this.#seq
  }

  /** Bytes taken and not durable yet. */
  get pendingBytes(): number {
    return this.#pendingBytes
  }

  get idle(): boolean {
    return this.#failed || this.#durable === this.#taken
  }

  add(entry: NewEntry): void {
    if (this.#failed) return
    this.#queue.push(entry)
    this.#taken += 1
    this.#pendingBytes += entry.payload.length
    if (this.#running === undefined) this.#runSoon()
  }

  /** Resolves once everything taken so far is durable or has failed; never rejects. */
  flush(): Promise<void> {
    // A run that finds nothing ends before it is noted here, and would seem to be under way for ever.
    if (this.#queue.length === 0 && this.#running === undefined) return Promise.resolve()
    this.#drains = true
    return this.#begin()
  }

  #runSoon(): void {
    if (this.#pendingBytes >= this.#options.maxBytes) void this.#begin()
    else this.#timer ??= this.#options.clock.after(this.#delayMs(), () => void this.#begin())
  }

  #delayMs(): number {
    const { clock, delayMs } = this.#options
    if (!this.#options.isBusy()) return delayMs
    const sinceMs = clock.nowMs() - this.#beganAtMs
    return Math.min(busySpacingMs, Math.max(delayMs, busySpacingMs - sinceMs))
  }

  #begin(): Promise<void> {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#running ??= this.#run()
    return this.#running
  }

  async #run(): Promise<void> {
    while (this.#queue.length > 0 && !this.#failed) {
      await this.#commit()
      // What came meanwhile may be of more than a few milliseconds' worth.
      if (!this.#drains && this.#options.isBusy()) break
    }
    this.#running = undefined
    if (this.#queue.length > 0) this.#runSoon()
    else this.#drains = false
  }

  async #commit(): Promise<void> {
    const group = this.#takeGroup()
    const { clock, metrics } = this.#options
    this.#beganAtMs = clock.nowMs()
    try {
      this.#seq = await this.#options.store.append(this.#options.stream, group, this.#seq)
    } catch (cause) {
      metrics.commitFailures.add()
      this.#failed = true
      this.#queue = []
      this.#options.onFailure(cause)
      return
    }
    this.#durable += group.length
    const bytes = group.reduce((sum, entry) => sum + entry.payload.length, 0)
    this.#pendingBytes -= bytes
    metrics.commits.add()
    metrics.flushBytes.observe(bytes)
    metrics.commitSeconds.observe((clock.nowMs() - this.#beganAtMs) / 1000)
    this.#options.onCommitted?.(group, this.#seq - group.length + 1)
    this.#options.onDurable(this.#durable, this.#seq)
  }

  #takeGroup(): readonly NewEntry[] {
    let bytes = 0
    let count = 0
    while (count < this.#queue.length && (count === 0 || bytes < this.#options.maxBytes)) {
      bytes += this.#queue[count]?.payload.length ?? 0
      count += 1
    }
    return this.#queue.splice(0, count)
  }
}
