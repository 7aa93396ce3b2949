import { createHash } from "node:crypto"
import { messageOf, MillraceError } from "@millrace/ports"
import type { NewEntry } from "@millrace/store"
import { emptyUpdate } from "../room/merge.ts"

/**
 * A whole log as lines of JSON (media type `application/x-ndjson`):
 *
 * 1. `{ "format": "millrace-log", "version": 1, "workspace", "generation" }`
 * 2. one line for each entry, seqs from 1 without a gap: `{ "seq", "author", "timeMs", "update" }`, the update in base64; an entry
 *    whose bytes were compacted has no `update`, and the first one that has it again holds all before it
 * 3. `{ "end": true, "entries": N, "sha256" }`, over the bytes of all lines before it, so that a cut file is seen
 */
export const logFormat = "millrace-log"

const logVersion = 1

export interface LogHead {
  readonly workspace: string
  readonly generation: number
}

export interface LogLine {
  readonly seq: number
  readonly author: string
  readonly timeMs: number
  /** Undefined for one that was compacted. */
  readonly update: Uint8Array | undefined
}

export async function* writeLog(head: LogHead, entries: AsyncIterable<LogLine>): AsyncIterable<string> {
  const hash = createHash("sha256")
  const line = (value: unknown): string => {
    const text = `${JSON.stringify(value)}\n`
    hash.update(text)
    return text
  }
  const { workspace, generation } = head
  yield line({ format: logFormat, version: logVersion, workspace, generation })
  let count = 0
  for await (const { seq, author, timeMs, update } of entries) {
    count += 1
    const base64 = update === undefined ? {} : { update: Buffer.from(update).toString("base64") }
    yield line({ seq, author, timeMs, ...base64 })
  }
  yield `${JSON.stringify({ end: true, entries: count, sha256: hash.digest("hex") })}\n`
}

/**
 * The entries of such a file, for a stream in `generation`. Throws kind `corrupt`, naming the line, for a file that is cut, changed, or of
 * another format.
 */
export function parseLog(file: Buffer, generation: number): readonly NewEntry[] {
  const hash = createHash("sha256")
  const entries: NewEntry[] = []
  let number = 0
  let at = 0
  while (at < file.length) {
    const newline = file.indexOf(10, at)
    const end = newline === -1 ? file.length : newline
    number += 1
    const value = jsonIn(file.subarray(at, end), number)
    if (value["end"] === true) {
      if (end + 1 < file.length) throw broken(number, "something follows the end")
      if (value["entries"] !== entries.length || value["sha256"] !== hash.digest("hex")) {
        throw broken(number, "the lines before it are not those that were exported")
      }
      return entries
    }
    hash.update(file.subarray(at, Math.min(file.length, end + 1)))
    if (number === 1) checkHead(value)
    else entries.push(entryIn(value, number, entries.length + 1, generation))
    at = end + 1
  }
  throw broken(number, "the file ends before its last line; export it again")
}

type Fields = Readonly<Record<string, unknown>>

function jsonIn(bytes: Buffer, number: number): Fields {
  try {
    const value: unknown = JSON.parse(bytes.toString("utf8"))
    if (typeof value === "object" && value !== null) return value as Fields
  } catch (cause) {
    throw broken(number, messageOf(cause), cause)
  }
  throw broken(number, "it is no object")
}

function checkHead({ format, version }: Fields): void {
  if (format === logFormat && version === logVersion) return
  throw broken(1, `it must say { "format": "${logFormat}", "version": ${logVersion} }`)
}

function entryIn(
  { seq, author, timeMs, update }: Fields,
  number: number,
  expected: number,
  generation: number,
): NewEntry {
  if (seq !== expected) throw broken(number, `its seq must be ${expected}`)
  if (typeof author !== "string" || author.length > 1024) throw broken(number, "it names no author")
  if (typeof timeMs !== "number" || !Number.isSafeInteger(timeMs)) throw broken(number, "it names no time")
  if (update === undefined) return { payload: emptyUpdate, generation, author, timeMs }
  if (typeof update !== "string") throw broken(number, "its update is no text in base64")
  const payload = Buffer.from(update, "base64")
  if (payload.toString("base64") !== update) throw broken(number, "its update is no text in base64")
  return { payload: new Uint8Array(payload), generation, author, timeMs }
}

function broken(number: number, why: string, cause?: unknown): MillraceError {
  return new MillraceError(`Line ${number} of the log is not as it was exported: ${why}.`, { kind: "corrupt", cause })
}
