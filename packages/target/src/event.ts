import { createHash } from "node:crypto"
import type { Change } from "./change.ts"
import { percentEncoded } from "./http/percent.ts"

/** What makes an event id: the change's place in one journal, and its content. */
export type EventIdParts = readonly [
  workspace: string,
  generation: number,
  journalId: string,
  collection: string,
  id: string,
  version: number,
  hash: string | null,
]

/**
 * Lower-case hex SHA-256 of the canonical JSON array of `parts`.
 *
 * The parts are strings, whole numbers and null, for which plain JSON is the canonical form already.
 */
export function eventIdOf(parts: EventIdParts): string {
  return createHash("sha256").update(JSON.stringify(parts), "utf8").digest("hex")
}

/**
 * A change as one line of canonical JSON: keys sorted, no space, no line break.
 *
 * `before` and `after` are put in as they are, so they must be canonical JSON text. One change always gives the same
 * bytes.
 */
export function eventBody(change: Change): string {
  return (
    `{"after":${change.after ?? "null"}` +
    `,"author":${JSON.stringify(change.author)}` +
    `,"before":${change.before ?? "null"}` +
    `,"collection":${JSON.stringify(change.collection)}` +
    `,"eventId":${JSON.stringify(change.eventId)}` +
    `,"generation":${change.generation}` +
    `,"op":${JSON.stringify(change.op)}` +
    `,"record":${JSON.stringify(change.id)}` +
    `,"seq":${change.seq}` +
    `,"seqFrom":${change.seqFrom}` +
    `,"time":${JSON.stringify(eventTime(change))}` +
    `,"version":${change.version}` +
    `,"workspace":${JSON.stringify(change.workspace)}}`
  )
}

/** ISO 8601, UTC, with milliseconds. */
export function eventTime(change: Change): string {
  return new Date(change.timeMs).toISOString()
}

/**
 * The metadata of a change as headers, each value percent-encoded.
 *
 * Encoded values are printable ASCII without space, comma, `=` and braces: no transport and no text sink can be misled
 * by a hostile id. Half of a surrogate pair, which has no UTF-8 form, becomes U+FFFD here; the body has it exactly.
 */
export function eventHeaders(change: Change): Readonly<Record<string, string>> {
  return {
    "millrace-event-id": percentEncoded(change.eventId),
    "millrace-workspace": percentEncoded(change.workspace),
    "millrace-collection": percentEncoded(change.collection),
    "millrace-record": percentEncoded(change.id),
    "millrace-version": percentEncoded(String(change.version)),
    "millrace-op": percentEncoded(change.op),
    "millrace-author": percentEncoded(change.author),
    "millrace-time": percentEncoded(eventTime(change)),
  }
}
