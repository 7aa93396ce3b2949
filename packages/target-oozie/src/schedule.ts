import { hasEnded, type Job } from "./jobs.ts"

const minuteMs = 60_000

/** A time as definitions have it, such as `2026-11-21T08:00Z`; undefined for EL and other zones. */
export function literalTime(text: string): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}Z$/.test(text.trim())) return undefined
  const atMs = Date.parse(text.trim())
  return Number.isNaN(atMs) ? undefined : atMs
}

/** The length of a frequency of minutes or hours; undefined for days, months and cron, which have no fixed one. */
export function fixedStepMs(frequency: string): number | undefined {
  const text = frequency.trim()
  const plain = /^(?:\$\{\s*coord:minutes\(\s*(\d{1,9})\s*\)\s*\}|(\d{1,9}))$/.exec(text)
  const hours = /^\$\{\s*coord:hours\(\s*(\d{1,7})\s*\)\s*\}$/.exec(text)
  const step = plain === null ? Number(hours?.[1] ?? 0) * 60 : Number(plain[1] ?? plain[2])
  return step > 0 ? step * minuteMs : undefined
}

/**
 * Where a coordinator ends so that another goes on: the earliest nominal time that is not due yet and has not begun,
 * else the time that it would make next. Every instance before it stays with the old one, none from it on.
 *
 * A coordinator that ended already ends where it did. Asked again later it gives the same once the end was moved.
 */
export function cutOf(job: Job, nowMs: number): number | undefined {
  const pending = job.actions
    .filter(({ status }) => status === "WAITING" || status === "READY")
    .map(({ nominalMs }) => nominalMs ?? 0)
    .filter((atMs) => atMs > nowMs)
  const next = [...pending, ...(job.nextMs === undefined ? [] : [job.nextMs])].sort((a, b) => a - b)[0] ?? job.endMs
  if (job.endMs === undefined) return next
  if (hasEnded(job.status) && job.status !== "KILLED") return job.endMs
  return next === undefined ? job.endMs : Math.min(next, job.endMs)
}

/**
 * When the new one begins: its own start where that is later, else from the cut on: minutes and hours keep the phase of
 * its start, days, months and cron are counted from the cut, which keeps the old one's time of day.
 */
export function startAfter(cutMs: number, start: string, frequency: string): number {
  const startMs = literalTime(start)
  if (startMs === undefined) return cutMs
  if (startMs >= cutMs) return startMs
  const stepMs = fixedStepMs(frequency)
  return stepMs === undefined ? cutMs : startMs + Math.ceil((cutMs - startMs) / stepMs) * stepMs
}
