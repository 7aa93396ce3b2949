import { messageOf } from "@millrace/ports"

export interface WaitOptions {
  /** What is awaited, as the end of the sentence "Waited 10000 ms for …". */
  readonly what: string
  /** Default 30,000: for what hangs, not for what is slow on a busy machine. */
  readonly deadlineMs?: number
  /** Pause between two looks; default 20. */
  readonly everyMs?: number
  /** Called when the deadline has passed; its text ends the message, a process's output for instance. */
  readonly detail?: () => string
}

/**
 * Asks `predicate` until it gives something truthy, and returns that.
 *
 * A throw counts as "not yet"; the last one is named, with the last value, when the deadline passes. The predicate is
 * always asked at least once, and never twice at a time.
 */
export async function waitFor<T>(predicate: () => T | Promise<T>, options: WaitOptions): Promise<NonNullable<T>> {
  const deadlineMs = options.deadlineMs ?? 30_000
  const startedAtMs = performance.now()
  let last = "nothing"
  for (;;) {
    try {
      const value = await predicate()
      if (value) return value
      last = show(value)
    } catch (error) {
      last = `the error "${messageOf(error)}"`
    }
    if (performance.now() - startedAtMs >= deadlineMs) {
      const detail = options.detail === undefined ? "" : `\n${options.detail()}`
      throw new Error(`Waited ${deadlineMs} ms for ${options.what}; the last look gave ${last}.${detail}`)
    }
    await new Promise((resolve) => void setTimeout(resolve, options.everyMs ?? 20))
  }
}

function show(value: unknown): string {
  return JSON.stringify(value) ?? String(value)
}
