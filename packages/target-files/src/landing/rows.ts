import { type Change, eventBody, eventTime, sortedJson } from "@millrace/target"
import type { DelimitedFormat, LandingFormat } from "./config.ts"

/** Columns before the fields of the record. */
const ownColumns = ["event_id", "op", "record", "version", "time"] as const

/**
 * A change as one line with its line feed, the same for every repeat.
 *
 * A line is a row whatever a record holds: nothing in it ends a line for any reader.
 */
export function rowOf(format: LandingFormat, change: Change): string {
  return format.kind === "json-lines" ? `${oneLineJson(eventBody(change))}\n` : delimitedRow(format, change)
}

/** The first line of a file; empty where it has none. */
export function headerOf(format: LandingFormat, collection: string): string {
  if (format.kind !== "delimited" || !format.header) return ""
  return line(
    format,
    [...ownColumns, ...(format.columns[collection] ?? [])].map((name) => text(name, format)),
  )
}

/** The event id of a row of ours; undefined for a header and for what is cut. */
export function eventIdIn(format: LandingFormat, row: string): string | undefined {
  const pattern = format.kind === "json-lines" ? /,"eventId":"([0-9a-f]{64})",/ : /^"([0-9a-f]{64})"/
  return pattern.exec(row)?.[1]
}

/** U+0085, U+2028 and U+2029 are line ends to some readers; JSON may escape them. */
function oneLineJson(json: string): string {
  return json.replace(/[\u0085\u2028\u2029]/g, (end) => `\\u${end.charCodeAt(0).toString(16).padStart(4, "0")}`)
}

function delimitedRow(format: DelimitedFormat, change: Change): string {
  const fields = (change.after === null ? {} : JSON.parse(change.after)) as Readonly<Record<string, unknown>>
  const own = [change.eventId, change.op, change.id, String(change.version), eventTime(change)]
  const columns = format.columns[change.collection] ?? []
  return line(format, [
    ...own.map((value) => text(value, format)),
    ...columns.map((name) => cell(Object.hasOwn(fields, name) ? fields[name] : null, format)),
  ])
}

function line({ delimiter }: DelimitedFormat, cells: readonly string[]): string {
  return `${cells.join(delimiter)}\n`
}

/** Nothing for a field that is not there or null; numbers and truth values bare; all else as text in quotes. */
function cell(value: unknown, format: DelimitedFormat): string {
  if (value === null || value === undefined) return ""
  if (typeof value === "number" || typeof value === "boolean") return String(value)
  return text(typeof value === "string" ? value : sortedJson(value), format)
}

// oxlint-disable-next-line no-control-regex -- what ends a line or is invisible is escaped
const special = /[\\\u0000-\u001f\u007f-\u009f\u2028\u2029]/g
const letters: Readonly<Record<string, string>> = { "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t" }

function text(value: string, { formulas }: DelimitedFormat): string {
  const guarded = formulas === "guard" && /^[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]/.test(value) ? `'${value}` : value
  const escaped = guarded.replace(
    special,
    (character) => letters[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  )
  return `"${escaped.replace(/"/g, '""')}"`
}
