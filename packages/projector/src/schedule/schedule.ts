import { type Clock, type Log, messageOf, type Random, type Timer } from "@millrace/ports"
import { Cron } from "./cron.ts"

/** When something is done. What is left out does not make it happen. */
export interface ScheduleSpec {
  /** So long after the last of a run of changes. */
  readonly onChangeMs?: number
  /** So long after the last time ended. */
  readonly everyMs?: number
  /** Minute, hour, day, month, weekday. */
  readonly cron?: string
  /** Of `cron`; left out: UTC. */
  readonly zone?: string
  /** Spread of each start, so that many do not begin at once. */
  readonly jitterMs?: number
  /** What a start is while the one before still runs: left out (`skip`, the default), or made up for once (`queue`). */
  readonly overlap?: "skip" | "queue"
  /** Whether a start makes up, once, for times that passed while nobody ran (`once`), or not (`none`, the default). */
  readonly catchUp?: "once" | "none"
}

export interface ScheduleOptions {
  readonly spec: ScheduleSpec
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** For logs. */
  readonly name: string
  readonly run: () => Promise<void>
}

/** Does one thing by its schedule, never twice at once; a failure is logged and waits for the next time. */
export class Schedule {
  readonly #options: ScheduleOptions
  readonly #cron: Cron | undefined
  #interval: Timer | undefined
  #cronTimer: Timer | undefined
  #debounce: Timer | undefined
  #running: Promise<void> | undefined
  #isQueued = false
  #closed = false

  /** Throws kind `usage` for a bad cron expression or zone. */
  constructor(options: ScheduleOptions) {
    this.#options = options
    const { cron, zone, catchUp } = options.spec
    this.#cron = cron === undefined ? undefined : new Cron(cron, zone)
    this.#armInterval()
    this.#armCron()
    if (catchUp === "once") this.start()
  }

  /** Something changed. */
  changed(): void {
    const { spec, clock } = this.#options
    if (spec.onChangeMs === undefined || this.#closed) return
    this.#debounce?.cancel()
    this.#debounce = clock.after(spec.onChangeMs, () => this.start())
  }

  /** Begins now, by the overlap policy. */
  start(): void {
    if (this.#closed) return
    if (this.#running !== undefined) {
      this.#isQueued ||= this.#options.spec.overlap === "queue"
      return
    }
    this.#interval?.cancel()
    this.#running = this.#run().finally(() => {
      this.#running = undefined
      this.#armInterval()
      if (!this.#isQueued) return
      this.#isQueued = false
      this.start()
    })
  }

  /** Waits for what runs. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true
    for (const timer of [this.#interval, this.#cronTimer, this.#debounce]) timer?.cancel()
    await this.#running
  }

  async #run(): Promise<void> {
    const { run, log, name } = this.#options
    try {
      await run()
    } catch (thrown) {
      if (!this.#closed) log.warn("scheduled task failed", { task: name, detail: messageOf(thrown) })
    }
  }

  #armInterval(): void {
    const { spec, clock } = this.#options
    if (spec.everyMs === undefined || this.#closed) return
    this.#interval = clock.after(spec.everyMs + this.#jitterMs(), () => this.start())
  }

  #armCron(): void {
    const { clock } = this.#options
    const nowMs = clock.nowMs()
    const atMs = this.#cron?.next(nowMs)
    if (atMs === undefined || this.#closed) return
    // Timers take 24 days at most; a day early the way is looked up again.
    const waitMs = Math.min(atMs - nowMs, 24 * 3_600_000)
    const isDue = waitMs === atMs - nowMs
    this.#cronTimer = clock.after(waitMs + (isDue ? this.#jitterMs() : 0), () => {
      if (isDue) this.start()
      this.#armCron()
    })
  }

  #jitterMs(): number {
    return Math.floor(this.#options.random.float() * (this.#options.spec.jitterMs ?? 0))
  }
}
