import { clearImmediate, setImmediate } from "node:timers"
import type { Clock, Timer } from "@millrace/ports"

/** A socket's way out, as the outlet sees it. */
export interface Outgoing {
  /** Writes what waits, and comes back with how many frames went. */
  flush(): number
}

interface Pace {
  readonly outgoing: Outgoing
  flushedAtMs: number
  /** Mean time between two of its frames. */
  spacingMs: number
  waits: boolean
}

export interface OutletSettings {
  /** Frames a second of the whole process from which on it is busy. */
  readonly busyFramesPerSecond: number
  /** How long a socket's frames gather while the process is busy, where they come so often that gathering joins some. */
  readonly gatherMs: number
}

export const defaultOutlet: OutletSettings = { busyFramesPerSecond: 4000, gatherMs: 12 }

const windowMs = 100
/** Weight of the newest figure in a mean. */
const newest = 0.25

/**
 * When the sockets of a process are written to: once a turn of the event loop, with all that came in it, in one write a socket.
 *
 * A write costs the same whatever its size. So while the process is busy, a socket whose frames come close behind each other gathers
 * them for a moment.
 */
export class Outlet {
  readonly #clock: Clock
  readonly #settings: OutletSettings
  readonly #waiting = new Set<Pace>()
  #immediate: ReturnType<typeof setImmediate> | undefined
  #timer: Timer | undefined
  #windowAtMs = 0
  #frames = 0
  #busy = false

  constructor(clock: Clock, settings: OutletSettings) {
    this.#clock = clock
    this.#settings = settings
  }

  /** Whether much is going out: what can gather, should. */
  get busy(): boolean {
    this.#count(0, this.#clock.nowMs())
    return this.#busy
  }

  /** The returned function asks for a flush at the end of the turn; it costs little to call it again. */
  register(outgoing: Outgoing): () => void {
    const pace: Pace = { outgoing, flushedAtMs: 0, spacingMs: windowMs, waits: false }
    return () => {
      if (pace.waits) return
      pace.waits = true
      this.#waiting.add(pace)
      this.#immediate ??= setImmediate(() => this.#flushDue())
    }
  }

  /** What waits is not flushed any more. */
  close(): void {
    if (this.#immediate !== undefined) clearImmediate(this.#immediate)
    this.#timer?.cancel()
    this.#waiting.clear()
  }

  #flushDue(): void {
    this.#immediate = undefined
    const nowMs = this.#clock.nowMs()
    const { gatherMs } = this.#settings
    let frames = 0
    for (const pace of this.#waiting) {
      const gathers = this.#busy && pace.spacingMs < gatherMs / 2 && nowMs - pace.flushedAtMs < gatherMs
      if (!gathers) frames += this.#flush(pace, nowMs)
    }
    this.#count(frames, nowMs)
    if (this.#waiting.size > 0) this.#timer ??= this.#clock.after(1, () => this.#afterGathering())
  }

  #afterGathering(): void {
    this.#timer = undefined
    this.#flushDue()
  }

  #flush(pace: Pace, nowMs: number): number {
    this.#waiting.delete(pace)
    pace.waits = false
    const frames = pace.outgoing.flush()
    if (frames === 0) return 0
    const spacingMs = Math.min(windowMs, Math.max(0, nowMs - pace.flushedAtMs) / frames)
    pace.spacingMs += (spacingMs - pace.spacingMs) * newest
    pace.flushedAtMs = nowMs
    return frames
  }

  #count(frames: number, nowMs: number): void {
    this.#frames += frames
    const elapsedMs = nowMs - this.#windowAtMs
    if (elapsedMs >= 0 && elapsedMs < windowMs) return
    this.#busy = this.#frames * 1000 >= this.#settings.busyFramesPerSecond * Math.max(windowMs, elapsedMs)
    this.#frames = 0
    this.#windowAtMs = nowMs
  }
}
