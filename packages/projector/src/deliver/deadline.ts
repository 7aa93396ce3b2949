import type { Clock } from "@millrace/ports"

/** Runs `call` with a signal that aborts after `deadlineMs`, or when `outer` does. */
export async function withDeadline<T>(
  clock: Clock,
  deadlineMs: number,
  outer: AbortSignal,
  call: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController()
  const abort = (): void => controller.abort(outer.reason)
  if (outer.aborted) abort()
  outer.addEventListener("abort", abort, { once: true })
  const timer = clock.after(deadlineMs, () => controller.abort(new Error(`no answer within ${deadlineMs} ms`)))
  try {
    return await call(controller.signal)
  } catch (thrown) {
    // What an aborted call rejects with is its own affair; why it was aborted is what people want to read.
    throw controller.signal.aborted && controller.signal.reason instanceof Error ? controller.signal.reason : thrown
  } finally {
    timer.cancel()
    outer.removeEventListener("abort", abort)
  }
}
