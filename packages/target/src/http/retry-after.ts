/** A server that asks for more than this is asked again anyway. */
export const maxRetryAfterMs = 3_600_000

/** Milliseconds to wait by a `Retry-After` header, which holds seconds or a date; undefined where it says nothing. */
export function retryAfterMs(value: string | undefined, nowMs: number): number | undefined {
  if (value === undefined) return undefined
  const text = value.trim()
  if (/^\d{1,9}$/.test(text)) return Math.min(Number(text) * 1000, maxRetryAfterMs)
  // Date.parse takes many things for a date ("-5" is the year 2001 to it); an HTTP date begins with a day's name.
  if (!/^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(text)) return undefined
  const atMs = Date.parse(text)
  return Number.isNaN(atMs) ? undefined : Math.min(Math.max(atMs - nowMs, 0), maxRetryAfterMs)
}
