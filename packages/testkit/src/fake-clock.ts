import type { Clock } from "@millrace/ports"

/** A clock that stands until it is moved. */
export interface FakeClock extends Clock {
  /** Timers that have not fired. */
  readonly pending: number
  /** When the next timer fires, if there is one. */
  readonly nextAtMs: number | undefined
  /** Moves on and runs what falls due on the way, each at its own time, in order of time, then of setting. */
  advance(deltaMs: number): void
  /** The same, and after each timer lets promises and I/O callbacks that are ready run. */
  advanceAndSettle(deltaMs: number): Promise<void>
}

interface Entry {
  readonly atMs: number
  readonly task: () => void
}

/** A fake clock that starts at `startMs`, by default 2026-01-01T00:00:00Z. */
export function fakeClock(startMs: number = Date.UTC(2026, 0, 1)): FakeClock {
  let nowMs = startMs
  // Kept in order of time; equal times in order of setting.
  const entries: Entry[] = []

  const takeDue = (untilMs: number): Entry | undefined => {
    const first = entries[0]
    if (first === undefined || first.atMs > untilMs) return undefined
    entries.shift()
    nowMs = first.atMs
    return first
  }

  return {
    nowMs: () => nowMs,
    after: (delayMs, task) => {
      const entry = { atMs: nowMs + Math.max(0, delayMs), task }
      const later = entries.findIndex((other) => other.atMs > entry.atMs)
      entries.splice(later === -1 ? entries.length : later, 0, entry)
      return {
        cancel: () => {
          const at = entries.indexOf(entry)
          if (at !== -1) entries.splice(at, 1)
        },
      }
    },
    get pending() {
      return entries.length
    },
    get nextAtMs() {
      return entries[0]?.atMs
    },
    advance: (deltaMs) => {
      const untilMs = nowMs + deltaMs
      for (let due = takeDue(untilMs); due !== undefined; due = takeDue(untilMs)) due.task()
      nowMs = untilMs
    },
    advanceAndSettle: async (deltaMs) => {
      const untilMs = nowMs + deltaMs
      await settle()
      for (let due = takeDue(untilMs); due !== undefined; due = takeDue(untilMs)) {
        due.task()
        await settle()
      }
      nowMs = untilMs
      await settle()
    },
  }
}

/** One turn of the event loop: every promise that is ready has run. */
function settle(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve))
}
