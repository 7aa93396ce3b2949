import type { Clock, Spans } from "@millrace/ports"
import type { WorkspaceRef } from "@millrace/protocol"
import type { NewEntry } from "@millrace/store"

interface CommitSpansOptions {
  readonly ref: WorkspaceRef
  readonly spans: Spans
  readonly clock: Clock
}

/** Tells of each edit from its arrival until it was flushed: the root of its trace. Undefined where nobody traces. */
export function commitSpans({
  ref,
  spans,
  clock,
}: CommitSpansOptions): ((entries: readonly NewEntry[], seq: number) => void) | undefined {
  // A status document's entries are answers to edits, not edits.
  if (!spans.enabled || ref.status) return undefined
  return (entries, seq) => {
    const endMs = clock.nowMs()
    entries.forEach(({ timeMs, payload }, at) => {
      spans.record({
        name: "commit",
        edit: { workspace: ref.name, generation: ref.generation, seq: seq + at },
        startMs: timeMs,
        endMs,
        isRoot: true,
        attributes: { "millrace.bytes": payload.length },
      })
    })
  }
}
