import { readEl } from "./el.ts"

/** Why a frequency makes no sense; undefined where it does, or where only a running job knows. */
export function frequencyFault(frequency: string, takesCron: boolean): string | undefined {
  const text = frequency.trim()
  if (text.includes("${")) return expressionFault(text)
  if (/^[+-]?\d+$/.test(text)) return minutesFault(Number(text))
  if (takesCron && /\s/.test(text)) return cronFault(text.split(/\s+/))
  return `"${text.slice(0, 40)}" is no frequency: write minutes, such as 60, or \${coord:days(1)}`
}

const units =
  /^\$\{\s*coord:(minutes|hours|days|weeks|months|years|endOfDays|endOfWeeks|endOfMonths)\s*\(\s*(-?[\d.]+)\s*\)\s*\}$/

function expressionFault(text: string): string | undefined {
  const { fault } = readEl(text)
  if (fault !== undefined) return `the expression ${fault}`
  const count = units.exec(text)?.[2]
  if (count === undefined || (/^\d+$/.test(count) && Number(count) > 0 && Number(count) <= maxMinutes)) return undefined
  return `${text} never comes round: use a whole number from 1`
}

// A century: what is longer is a mistake.
const maxMinutes = 100 * 366 * 24 * 60

function minutesFault(minutes: number): string | undefined {
  if (minutes >= 1 && minutes <= maxMinutes) return undefined
  return minutes < 1
    ? `${minutes} minutes would run without a pause: use 1 or more`
    : `${minutes} minutes is over a century`
}

interface CronField {
  readonly name: string
  readonly least: number
  readonly most: number
  readonly names: readonly string[]
}

const months = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
const weekdays = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
const cronFields: readonly CronField[] = [
  { name: "minute", least: 0, most: 59, names: [] },
  { name: "hour", least: 0, most: 23, names: [] },
  { name: "day of the month", least: 1, most: 31, names: [] },
  { name: "month", least: 1, most: 12, names: months },
  { name: "day of the week", least: 1, most: 7, names: weekdays },
]

function cronFault(parts: readonly string[]): string | undefined {
  if (parts.length !== cronFields.length) {
    return `a cron line has ${cronFields.length} parts (minute, hour, day, month, weekday), this one ${parts.length}`
  }
  for (const [at, field] of cronFields.entries()) {
    const fault = fieldFault(parts[at] ?? "", field)
    if (fault !== undefined) return fault
  }
  return dayFault(parts[2] ?? "", parts[3] ?? "")
}

function fieldFault(part: string, field: CronField): string | undefined {
  const { name } = field
  const wrong = (item: string): string =>
    `"${item.slice(0, 40)}" is no ${name}: it goes from ${field.least} to ${field.most}`
  for (const item of part.split(",")) {
    if (field.name.startsWith("day") && isDayForm(item, field)) continue
    const [, range = "", step] = /^([^/]*)(?:\/(\d{1,4}))?$/.exec(item) ?? [undefined, "!"]
    if (step !== undefined && !(Number(step) >= 1 && Number(step) <= field.most)) {
      return `"${item.slice(0, 40)}" is no ${name}: steps go from 1 to ${field.most}`
    }
    if (range === "*") continue
    const ends = range.split("-").map((end) => numberOf(end, field))
    const [from, to] = ends
    if (ends.length > 2 || ends.some((end) => end === undefined)) return wrong(item)
    if (from !== undefined && to !== undefined && from > to) return `"${item}" is no ${name}: it runs backwards`
  }
  return undefined
}

// "?" leaves the day to the other field; "L", "LW", "15W", "6L" and "6#3" are days by their place in the month.
function isDayForm(item: string, { name, most }: CronField): boolean {
  if (item === "?" || item === "L") return true
  if (name === "day of the month")
    return item === "LW" || Number(/^(\d{1,2})W$/.exec(item)?.[1] ?? 0) in { ...days(most) }
  const [, day = "", rank] = /^(\d|[A-Z]{3})(?:L|#([1-5]))$/.exec(item) ?? []
  return (
    (rank !== undefined || item.endsWith("L")) && (weekdays.includes(day) || (Number(day) >= 1 && Number(day) <= 7))
  )
}

function days(most: number): Readonly<Record<number, true>> {
  return Object.fromEntries(Array.from({ length: most }, (_, at) => [at + 1, true]))
}

function numberOf(text: string, { least, most, names }: CronField): number | undefined {
  const named = names.indexOf(text.toUpperCase())
  if (named >= 0) return named + 1
  if (!/^\d{1,4}$/.test(text)) return undefined
  const number = Number(text)
  return number >= least && number <= most ? number : undefined
}

// 30 February never comes.
function dayFault(day: string, month: string): string | undefined {
  const wanted = /^\d+$/.test(day) ? Number(day) : undefined
  if (wanted === undefined || !/^[\dA-Za-z,]+$/.test(month)) return undefined
  const longest = Math.max(
    ...month.split(",").map((each) => {
      const at = numberOf(each, cronFields[3] as CronField) ?? 1
      return at === 2 ? 29 : [4, 6, 9, 11].includes(at) ? 30 : 31
    }),
  )
  return wanted > longest ? `day ${wanted} of month ${month} never comes` : undefined
}
