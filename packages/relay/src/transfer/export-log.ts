import type { Store } from "@millrace/store"
import { decodeSnapshot } from "../compact/snapshot-form.ts"
import type { LogLine } from "./log-lines.ts"

const step = 1000

/**
 * A stream's entries, with bounded memory. Where entries were trimmed the snapshot stands in the place of its last one, and those
 * before it keep author and time alone.
 */
export async function* exportLines(store: Store, stream: string): AsyncIterable<LogLine> {
  const trimmed = await store.trimmed(stream)
  const snapshot = trimmed === 0 ? undefined : await store.readSnapshot(stream)
  const upTo = snapshot?.seq ?? 0
  const whole = snapshot === undefined ? undefined : decodeSnapshot(snapshot.payload).update
  for (let seq = 0; seq < upTo;) {
    for (const entry of await store.history(stream, seq, Math.min(step, upTo - seq))) {
      seq = entry.seq
      const { author, timeMs } = entry
      yield { seq, author, timeMs, update: seq === upTo ? whole : undefined }
    }
  }
  for await (const { seq, author, timeMs, payload } of store.read(stream, upTo)) {
    yield { seq, author, timeMs, update: payload }
  }
}
