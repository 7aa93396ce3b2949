/** A timer that can be taken back. */
export interface Timer {
  /** Idempotent; does nothing after the timer fired. */
  cancel(): void
}

/** Time as a port: real in processes, steered by hand in tests. */
export interface Clock {
  /** Milliseconds since the epoch. */
  nowMs(): number
  /** Runs `task` once, `delayMs` from now. Timers never keep a process alive by themselves. */
  after(delayMs: number, task: () => void): Timer
}

interface TimerHost {
  setTimeout(task: () => void, delayMs: number): unknown
  clearTimeout(handle: unknown): void
}

/** The machine's own clock. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  after: (delayMs, task) => {
    const host = globalThis as unknown as TimerHost
    const handle = host.setTimeout(task, delayMs)
    unref(handle)
    return { cancel: () => host.clearTimeout(handle) }
  },
}

/** Resolves after `delayMs` of `clock`. */
export function sleep(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => void clock.after(delayMs, resolve))
}

function unref(handle: unknown): void {
  if (typeof handle === "object" && handle !== null && "unref" in handle && typeof handle.unref === "function") {
    handle.unref()
  }
}
