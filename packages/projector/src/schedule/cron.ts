import { MillraceError } from "@millrace/ports"

type Field = ReadonlySet<number>

interface CronFields {
  readonly minutes: Field
  readonly hours: Field
  readonly days: Field
  readonly months: Field
  readonly weekdays: Field
  /** As cron has it: where both days are restricted, one of them is enough. */
  readonly eitherDay: boolean
}

const ranges = [
  [0, 59],
  [0, 23],
  [1, 31],
  [1, 12],
  [0, 7],
] as const

const minuteMs = 60_000
const maxMinutes = 366 * 24 * 60 * 5

/** Five fields, `* , - /` in each, in a time zone. */
export class Cron {
  readonly #fields: CronFields
  readonly #format: Intl.DateTimeFormat

  /** Throws kind `usage` for an expression or a zone that is none. */
  constructor(expression: string, zone = "UTC") {
    this.#fields = parse(expression)
    try {
      this.#format = new Intl.DateTimeFormat("en-GB", {
        timeZone: zone,
        hourCycle: "h23",
        year: "numeric",
        month: "2-digit",
        day: "2-digit",
        hour: "2-digit",
        minute: "2-digit",
      })
    } catch (cause) {
      throw new MillraceError(`"${zone}" is no time zone; use a name such as Europe/Berlin.`, { kind: "usage", cause })
    }
  }

  /**
   * The first minute after `afterMs` that fits; undefined where none comes within five years.
   *
   * What falls into the hour that a zone leaves out does not happen that day; what falls into the hour that it repeats
   * happens twice.
   */
  next(afterMs: number): number | undefined {
    let atMs = (Math.floor(afterMs / minuteMs) + 1) * minuteMs
    for (let tried = 0; tried < maxMinutes; tried++) {
      const { day, month, weekday, hour, minute } = this.#local(atMs)
      const { minutes, hours, months } = this.#fields
      if (months.has(month) && this.#fitsDay(day, weekday)) {
        if (hours.has(hour)) {
          if (minutes.has(minute)) return atMs
          atMs += minuteMs
        } else atMs += (60 - minute) * minuteMs
        // Whole hours are passed over at once; zones shift by quarters of an hour at the least.
      } else atMs += (60 - minute) * minuteMs
    }
    return undefined
  }

  #fitsDay(day: number, weekday: number): boolean {
    const { days, weekdays, eitherDay } = this.#fields
    return eitherDay ? days.has(day) || weekdays.has(weekday) : days.has(day) && weekdays.has(weekday)
  }

  #local(atMs: number): { day: number; month: number; weekday: number; hour: number; minute: number } {
    const parts = new Map(this.#format.formatToParts(atMs).map(({ type, value }) => [type, Number(value)]))
    const [year = 0, month = 0, day = 0] = [parts.get("year"), parts.get("month"), parts.get("day")]
    const weekday = new Date(Date.UTC(year, month - 1, day)).getUTCDay()
    return { day, month, weekday, hour: parts.get("hour") ?? 0, minute: parts.get("minute") ?? 0 }
  }
}

function parse(expression: string): CronFields {
  const texts = expression.trim().split(/\s+/)
  if (texts.length !== 5) throw usage(expression)
  const [minutes, hours, days, months, weekdays] = texts.map((text, at) => parseField(text, at, expression))
  if (
    minutes === undefined ||
    hours === undefined ||
    days === undefined ||
    months === undefined ||
    weekdays === undefined
  ) {
    throw usage(expression)
  }
  const sundays = weekdays.has(7) ? new Set([...weekdays, 0]) : weekdays
  return { minutes, hours, days, months, weekdays: sundays, eitherDay: texts[2] !== "*" && texts[4] !== "*" }
}

function parseField(text: string, at: number, expression: string): Field {
  const [low, high] = ranges[at] ?? [0, 0]
  const values = new Set<number>()
  for (const part of text.split(",")) {
    const match = /^(?:\*|(\d{1,2})(?:-(\d{1,2}))?)(?:\/(\d{1,2}))?$/.exec(part)
    if (match === null) throw usage(expression)
    const [, first, last, stride] = match
    const from = first === undefined ? low : Number(first)
    const to = last !== undefined ? Number(last) : first === undefined || stride !== undefined ? high : from
    const step = stride === undefined ? 1 : Number(stride)
    if (from < low || to > high || from > to || step < 1) throw usage(expression)
    for (let value = from; value <= to; value += step) values.add(value)
  }
  return values
}

function usage(expression: string): MillraceError {
  return new MillraceError(
    `"${expression}" is no cron expression: give minute, hour, day, month and weekday, such as "0 3 * * 1-5".`,
    { kind: "usage" },
  )
}
