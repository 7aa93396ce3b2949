import type { Clock, Spans } from "@millrace/ports"
import type { Change, Receipt } from "@millrace/target"
import type { Binding } from "../binding.ts"

/** Tells of each edit how long a call to a target took, and what was answered. */
export function deliverSpans(
  spans: Spans,
  clock: Clock,
  binding: Binding,
  call: { readonly beganMs: number; readonly changes: readonly Change[]; readonly receipts: readonly Receipt[] },
): void {
  if (!spans.enabled) return
  const endMs = clock.nowMs()
  call.changes.forEach(({ workspace, generation, seq, collection, version, op }, at) => {
    const receipt = call.receipts[at]
    spans.record({
      name: "deliver",
      edit: { workspace, generation, seq },
      startMs: call.beganMs,
      endMs,
      attributes: {
        "millrace.target": binding.target,
        "millrace.binding": binding.name,
        "millrace.collection": collection,
        "millrace.version": version,
        "millrace.op": op,
      },
      // The target's own words may repeat what the record holds: only their kind is told.
      ...(receipt?.outcome === "failed" ? { error: receipt.kind } : {}),
    })
  })
}
