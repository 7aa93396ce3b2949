import { type Change, eventTime, sortedJson } from "@millrace/target"

/** Where a change stands among all changes of its record. */
export interface Position {
  readonly generation: number
  readonly seq: number
  readonly version: number
}

/** What one of our files says. `fields` is null in the mark of a deleted record. */
export interface StoredRecord extends Position {
  readonly collection: string
  readonly id: string
  readonly eventId: string
  /** Canonical JSON text. */
  readonly fields: string | null
}

/** The file of a change: one line of canonical JSON and a line feed. */
export function fileText(change: Change): string {
  return (
    `{"author":${JSON.stringify(change.author)}` +
    `,"collection":${JSON.stringify(change.collection)}` +
    `,"eventId":${JSON.stringify(change.eventId)}` +
    `,"fields":${change.after ?? "null"}` +
    `,"generation":${change.generation}` +
    `,"hash":${JSON.stringify(change.hash)}` +
    `,"id":${JSON.stringify(change.id)}` +
    `,"op":${JSON.stringify(change.op)}` +
    `,"seq":${change.seq}` +
    `,"time":${JSON.stringify(eventTime(change))}` +
    `,"version":${change.version}` +
    `,"workspace":${JSON.stringify(change.workspace)}}\n`
  )
}

/** Reads a file of ours, however it was laid out since; undefined for anything else. */
export function parseFile(text: string): StoredRecord | undefined {
  const parsed = parsedObject(text)
  if (parsed === undefined) return undefined
  const { collection, id, eventId, fields, generation, seq, version } = parsed as Readonly<
    Record<keyof StoredRecord, unknown>
  >
  if (typeof collection !== "string" || typeof id !== "string" || typeof eventId !== "string") return undefined
  if (!isCount(generation) || !isCount(seq) || !isCount(version)) return undefined
  if (fields !== null && !isObject(fields)) return undefined
  return { collection, id, eventId, generation, seq, version, fields: fields === null ? null : sortedJson(fields) }
}

/** Reads a file that somebody else put there: an object with `id` and `fields`. */
export function parseForeign(text: string): { readonly id: string; readonly fields: string } | undefined {
  const parsed = parsedObject(text)
  if (parsed === undefined || typeof parsed["id"] !== "string" || !isObject(parsed["fields"])) return undefined
  return { id: parsed["id"], fields: sortedJson(parsed["fields"]) }
}

/**
 * Whether `a` is later than `b`.
 *
 * The log's seq decides before the version: versions begin again when a projector's journal was lost, seq never does
 * within a generation.
 */
export function isLater(a: Position, b: Position): boolean {
  if (a.generation !== b.generation) return a.generation > b.generation
  if (a.seq !== b.seq) return a.seq > b.seq
  return a.version > b.version
}

function parsedObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const parsed: unknown = JSON.parse(text)
    return isObject(parsed) ? parsed : undefined
  } catch {
    return undefined
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0
}
