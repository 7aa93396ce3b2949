import type { Clock, Spans } from "@millrace/ports"
import type { Derived } from "../journal/entry.ts"

/** Tells of each edit from the relay's disk until what followed from it was in the journal. */
export function deriveSpans(spans: Spans, clock: Clock, { workspace, generation, records }: Derived): void {
  if (!spans.enabled) return
  const endMs = clock.nowMs()
  for (const { seq, timeMs, collection, version, op } of records) {
    const attributes = { "millrace.collection": collection, "millrace.version": version, "millrace.op": op }
    spans.record({ name: "derive", edit: { workspace, generation, seq }, startMs: timeMs, endMs, attributes })
  }
}
