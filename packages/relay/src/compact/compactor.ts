import { type Clock, type Log, messageOf, MillraceError } from "@millrace/ports"
import type { Store } from "@millrace/store"
import type { Metrics } from "../metrics/metrics.ts"
import { NotCompactable } from "./compact-updates.ts"
import { compactInWorker } from "./in-worker.ts"
import type { Quarantine, Quarantined } from "./quarantine.ts"
import type { CompactionSettings } from "./settings.ts"
import { decodeSnapshot } from "./snapshot-form.ts"
import { trimSeq } from "./trim-seq.ts"

export interface CompactorOptions {
  readonly store: Store
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
  readonly quarantine: Quarantine
  readonly settings: CompactionSettings
}

/** What a log has gathered since its last snapshot. */
export interface Tail {
  readonly entries: number
  readonly bytes: number
}

export type CompactionOutcome =
  | { readonly type: "compacted"; readonly seq: number; readonly bytes: number }
  | { readonly type: "quarantined"; readonly reason: string }

interface Job {
  readonly stream: string
  readonly waiting: { resolve(outcome: CompactionOutcome): void; reject(error: unknown): void }[]
}

/** After a failure that is not the log's own, such as a full disk. */
const retryAfterMs = 60_000

/**
 * Compacts logs, one at a time in a process: merged and verified in a thread, stored, read back, and only then trimmed.
 *
 * A log whose compaction is found wrong is quarantined: it stays as it is and is served as it is, until another version of
 * this program, or somebody on demand, tries again.
 */
export class Compactor {
  readonly #options: CompactorOptions
  readonly #jobs = new Map<string, Job>()
  readonly #restsUntilMs = new Map<string, number>()
  readonly #listeners = new Set<(stream: string) => Promise<void>>()
  readonly #stopped = new AbortController()
  #running: Promise<void> | undefined
  /** Stream of the log that is being compacted. */
  #current: string | undefined

  constructor(options: CompactorOptions) {
    this.#options = options
  }

  /** Called after each compaction; the next begins once the promise has settled. */
  onCompacted(listener: (stream: string) => Promise<void>): void {
    this.#listeners.add(listener)
  }

  quarantined(): readonly Quarantined[] {
    return this.#options.quarantine.list()
  }

  /** Asks for a compaction where one is due: cheap, to be called at every append. `leaving`: the workspace leaves memory. */
  consider(stream: string, tail: Tail, leaving: boolean): void {
    const { settings, clock, quarantine } = this.#options
    const due = tail.bytes >= settings.bytes || tail.entries >= (leaving ? settings.idleEntries : settings.entries)
    if (!due || this.#stopped.signal.aborted || this.#jobs.has(stream) || this.#current === stream) return
    if ((this.#restsUntilMs.get(stream) ?? 0) > clock.nowMs()) return
    if (quarantine.get(stream)?.build === settings.build) return
    this.#enqueue(stream)
  }

  /** Compacts now, quarantined or not; rejects where the store or the thread failed. */
  compact(stream: string): Promise<CompactionOutcome> {
    if (this.#stopped.signal.aborted) return Promise.reject(closed())
    return new Promise((resolve, reject) => this.#enqueue(stream).waiting.push({ resolve, reject }))
  }

  /** Ends what is under way: the log stays as it was, or is compacted. Idempotent. */
  async close(): Promise<void> {
    this.#stopped.abort(closed())
    await this.#running
  }

  #enqueue(stream: string): Job {
    const known = this.#jobs.get(stream)
    if (known !== undefined) return known
    const job: Job = { stream, waiting: [] }
    this.#jobs.set(stream, job)
    this.#running ??= this.#run()
    return job
  }

  async #run(): Promise<void> {
    // Whoever asked goes on first.
    await Promise.resolve()
    for (;;) {
      const [job] = this.#jobs.values()
      if (job === undefined) break
      // Whoever asks from here on wants what came since, too.
      this.#jobs.delete(job.stream)
      this.#current = job.stream
      await this.#work(job)
      this.#current = undefined
    }
    this.#running = undefined
  }

  async #work({ stream, waiting }: Job): Promise<void> {
    const { clock, log, metrics, settings } = this.#options
    const startedMs = clock.nowMs()
    try {
      const outcome = await this.#compact(stream)
      const tookMs = clock.nowMs() - startedMs
      metrics.compactionSeconds.observe(tookMs / 1000)
      this.#rest(stream, tookMs * settings.restFactor)
      log.info("compaction ended", { stream, outcome: outcome.type, tookMs })
      for (const one of waiting) one.resolve(outcome)
    } catch (cause) {
      if (!this.#stopped.signal.aborted) {
        metrics.compactionFailures.add()
        log.error("compaction failed", { stream, reason: messageOf(cause) })
      }
      this.#rest(stream, retryAfterMs)
      for (const one of waiting) one.reject(cause)
    }
  }

  async #compact(stream: string): Promise<CompactionOutcome> {
    const { store, settings, quarantine, clock, log, metrics } = this.#options
    const { signal } = this.#stopped
    signal.throwIfAborted()
    const former = await store.readSnapshot(stream)
    const seq = await store.head(stream)
    let bytes = former?.payload.length ?? 0
    if (seq === 0) return { type: "compacted", seq, bytes }
    if (former?.seq !== seq) {
      const updates = updatesOf(store, stream, former, seq)
      let payload: Uint8Array
      try {
        payload = await compactInWorker(updates, { maxMemoryMb: settings.maxMemoryMb, signal })
      } catch (thrown) {
        if (!(thrown instanceof NotCompactable)) throw thrown
        const reason = thrown.message
        log.error("workspace does not compact; it is served from its log", { stream, seq, reason })
        await quarantine.put({ stream, seq, reason, build: settings.build, timeMs: clock.nowMs() })
        return { type: "quarantined", reason }
      }
      await store.snapshot(stream, seq, payload)
      await checkStored(store, stream, seq, payload)
      metrics.compactions.add()
      bytes = payload.length
    }
    await quarantine.lift(stream)
    // What was stored and read back is all that may be trimmed; a crash before this leaves more than is needed.
    await store.trim(stream, await trimSeq(store, stream, seq, settings))
    for (const listener of this.#listeners) await listener(stream)
    return { type: "compacted", seq, bytes }
  }

  #rest(stream: string, restMs: number): void {
    const nowMs = this.#options.clock.nowMs()
    for (const [known, untilMs] of this.#restsUntilMs) if (untilMs <= nowMs) this.#restsUntilMs.delete(known)
    this.#restsUntilMs.set(stream, nowMs + restMs)
  }
}

/** The former snapshot's update, then each entry up to `seq`. */
async function* updatesOf(
  store: Store,
  stream: string,
  former: Awaited<ReturnType<Store["readSnapshot"]>>,
  seq: number,
): AsyncIterable<Uint8Array> {
  if (former !== undefined) yield decodeSnapshot(former.payload).update
  for await (const entry of store.read(stream, former?.seq ?? 0)) {
    if (entry.seq > seq) return
    yield entry.payload
  }
}

async function checkStored(store: Store, stream: string, seq: number, payload: Uint8Array): Promise<void> {
  const stored = await store.readSnapshot(stream)
  if (stored?.seq === seq && Buffer.compare(stored.payload, payload) === 0) return
  throw new MillraceError(`The snapshot of ${stream} is not what was stored; nothing was trimmed.`, { kind: "corrupt" })
}

function closed(): MillraceError {
  return new MillraceError("The relay closes; it will be compacted later.", { kind: "closed" })
}
