import { type Clock, jitteredDelayMs, type Log, messageOf, type Random, sleep, type Timer } from "@millrace/ports"
import type { Target } from "@millrace/target"
import type { ProjectorLimits } from "../limits.ts"
import { type CircuitEvent, type CircuitState, nextCircuit, probes, waits } from "./circuit.ts"
import { withDeadline } from "./deadline.ts"

export interface TargetLinkOptions {
  readonly target: Target
  readonly limits: ProjectorLimits
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

// A target may name a wait; beyond this it is asked again all the same.
const maxNamedWaitMs = 600_000

/**
 * The way to one target, shared by its bindings: a circuit breaker that keeps outages apart from bad records.
 *
 * It begins with a `check`, so that a dead target is visible before anything is sent.
 */
export class TargetLink {
  readonly target: Target
  readonly #options: TargetLinkOptions
  readonly #stop = new AbortController()
  #state: CircuitState = "open"
  #failures = 0
  #lastError: string | undefined
  #timer: Timer | undefined
  #waiting: (() => void)[] = []
  #probe: Promise<void> | undefined
  #calls = 0
  #nextCallMs = 0
  readonly #callers: (() => void)[] = []
  /** Time that calls waited for the target's rate. */
  limitedMs = 0

  constructor(options: TargetLinkOptions) {
    this.#options = options
    this.target = options.target
    this.#report("elapsed")
  }

  get state(): CircuitState {
    return this.#state
  }

  /** What the last failure said; undefined after the target answered. */
  get lastError(): string | undefined {
    return this.#lastError
  }

  /** Resolves when calls may go out, or when the link is closed. */
  async permit(): Promise<void> {
    while (this.#state !== "ready" && !this.#stop.signal.aborted) {
      await new Promise<void>((resolve) => void this.#waiting.push(resolve))
    }
  }

  /**
   * Waits for one of the target's calls at once, and for its rate; returns what gives the call back. Of all bindings
   * of the target together.
   */
  async slot(): Promise<() => void> {
    const { maxCallsAtOnce = Infinity, maxCallsPerSecond } = this.target.limits
    while (this.#calls >= maxCallsAtOnce && !this.#stop.signal.aborted) {
      await new Promise<void>((resolve) => void this.#callers.push(resolve))
    }
    this.#calls++
    if (maxCallsPerSecond !== undefined) {
      const { clock } = this.#options
      const nowMs = clock.nowMs()
      const atMs = Math.max(nowMs, this.#nextCallMs)
      this.#nextCallMs = atMs + 1_000 / maxCallsPerSecond
      this.limitedMs += atMs - nowMs
      if (atMs > nowMs) await sleep(clock, atMs - nowMs)
    }
    let isGiven = true
    return () => {
      if (!isGiven) return
      isGiven = false
      this.#calls--
      this.#callers.shift()?.()
    }
  }

  /** The target took or judged what it was sent. */
  answered(): void {
    this.#failures = 0
    this.#lastError = undefined
    this.#report("answered")
  }

  /** A call failed in passing; `afterMs` is the wait that the target named. */
  failed(reason: string, afterMs?: number): void {
    this.#failures++
    this.#lastError = reason
    this.#report(this.#failures >= this.#options.limits.failuresToOpen ? "tripped" : "failed", afterMs)
  }

  /** Our credentials were refused. */
  refused(reason: string): void {
    this.#failures++
    this.#lastError = reason
    this.#report("refused")
  }

  /** Lets go of everybody who waits, and of a check under way. Idempotent; does not close the target. */
  async close(): Promise<void> {
    this.#stop.abort(new Error("the projector is closing"))
    this.#timer?.cancel()
    this.#wake()
    for (const resolve of this.#callers.splice(0)) resolve()
    await this.#probe
  }

  #report(event: CircuitEvent, afterMs?: number): void {
    const before = this.#state
    this.#state = nextCircuit(before, event)
    if (this.#state === before && event !== "failed" && event !== "tripped") return
    this.#timer?.cancel()
    this.#timer = undefined
    if (this.#stop.signal.aborted) return
    const { log, clock, limits, random } = this.#options
    log.info("target state", { target: this.target.name, state: this.#state, detail: this.#lastError })
    if (this.#state === "ready") return this.#wake()
    if (probes(this.#state)) {
      this.#probe ??= this.#check().finally(() => (this.#probe = undefined))
    } else if (waits(this.#state)) {
      const jittered = jitteredDelayMs(random, this.#failures, limits.retryBaseMs, limits.retryMaxMs)
      const delayMs = Math.max(jittered, Math.min(afterMs ?? 0, maxNamedWaitMs))
      this.#timer = clock.after(delayMs, () => this.#report("elapsed"))
    }
  }

  async #check(): Promise<void> {
    const { clock, limits } = this.#options
    // One turn: the probe is on record before it can end.
    await Promise.resolve()
    let silent: string | undefined
    try {
      const { ok, detail } = await withDeadline(clock, limits.checkDeadlineMs, this.#stop.signal, (signal) =>
        this.target.check({ signal }),
      )
      if (!ok) silent = detail
    } catch (thrown) {
      silent = messageOf(thrown)
    }
    this.#probe = undefined
    if (silent === undefined) {
      this.#report("alive")
    } else {
      this.#failures++
      this.#lastError = silent
      this.#report("silent")
    }
  }

  #wake(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const resolve of waiting) resolve()
  }
}
