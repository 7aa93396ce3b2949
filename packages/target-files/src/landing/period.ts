const minuteMs = 60_000

/** The period in which a time lies, as its first millisecond. */
export function periodAt(timeMs: number, periodMinutes: number): number {
  const lengthMs = periodMinutes * minuteMs
  return Math.floor(timeMs / lengthMs) * lengthMs
}

/** The folders of a period, UTC: year, month, day, and for shorter periods hour and minute. */
export function periodPath(periodMs: number, periodMinutes: number): readonly string[] {
  const [date = "", time = ""] = new Date(periodMs).toISOString().split("T")
  const [hour = "", minute = ""] = time.split(":")
  return [...date.split("-"), ...(periodMinutes < 1440 ? [hour] : []), ...(periodMinutes % 60 === 0 ? [] : [minute])]
}

/** How many folders `periodPath` gives. */
export function periodDepth(periodMinutes: number): number {
  return 3 + (periodMinutes < 1440 ? 1 : 0) + (periodMinutes % 60 === 0 ? 0 : 1)
}

/** The period of folders that `periodPath` gave; undefined for any others. */
export function periodOf(path: readonly string[], periodMinutes: number): number | undefined {
  if (path.length !== periodDepth(periodMinutes) || !path.every((part) => /^\d{2,4}$/.test(part))) return undefined
  const [year = "", month = "", day = "", hour = "00", minute = "00"] = path
  const periodMs = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:00Z`)
  return Number.isNaN(periodMs) || periodAt(periodMs, periodMinutes) !== periodMs ? undefined : periodMs
}
