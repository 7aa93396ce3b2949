import { createHash } from "node:crypto"
import type { Change } from "../change.ts"
import { eventIdOf } from "../event.ts"
import { sortedJson } from "../sorted-json.ts"

type Fields = Readonly<Record<string, unknown>>

/** Makes changes as a projector would: versions and seq count up, each `before` is the `after` before it. */
export class ChangeMaker {
  readonly #last = new Map<string, { readonly version: number; readonly after: string | null }>()
  #seq = 0

  /** The next change of a record; `fields` null deletes it. */
  next(id: string, fields: Fields | null, collection = "datasets"): Change {
    const key = JSON.stringify([collection, id])
    const last = this.#last.get(key) ?? { version: 0, after: null }
    const after = fields === null ? null : sortedJson(fields)
    const version = last.version + 1
    const hash = after === null ? null : createHash("sha256").update(after, "utf8").digest("hex")
    this.#seq += 1
    this.#last.set(key, { version, after })
    return {
      eventId: eventIdOf(["suite", 1, "journal", collection, id, version, hash]),
      workspace: "suite",
      generation: 1,
      collection,
      id,
      version,
      op: after === null ? "delete" : last.after === null ? "add" : "update",
      author: "ann@example.org",
      timeMs: 1_800_000_000_000 + this.#seq,
      seqFrom: this.#seq,
      seq: this.#seq,
      hash,
      before: last.after,
      after,
    }
  }

  /** `count` new records named `<prefix>0`, `<prefix>1`, ... */
  records(count: number, prefix = "record-"): readonly Change[] {
    return Array.from({ length: count }, (_, at) => this.next(`${prefix}${at}`, { name: `${prefix}${at}`, at }))
  }
}

/** Ids and texts that have broken paths, headers, URLs, lines and decoders. */
export const hostileTexts: readonly string[] = [
  "..",
  ".",
  "",
  " ",
  "../../etc/passwd",
  "/absolute",
  "back\\slash",
  "sales.orders",
  "Sales.Orders",
  "SALES.ORDERS",
  "con",
  "CON",
  "nul.json",
  "trailing.",
  "trailing ",
  ".hidden",
  ".deleted",
  "~",
  "%2e%2e",
  "%",
  "a=b, c={d}",
  'quote"quote',
  "line\nfeed\r\nand\ttab",
  "nul\u0000byte",
  "\u2028\u2029\u0085",
  "é\u0301漢😀",
  "\ud83d alone",
  "__proto__",
  "constructor",
  "<title>x</title>",
  "x".repeat(255),
  "x".repeat(256),
  "漢".repeat(5000),
]
