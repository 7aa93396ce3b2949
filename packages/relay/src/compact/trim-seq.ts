import type { Store } from "@millrace/store"

interface Kept {
  readonly keepEntries: number
  readonly keepBytes: number
}

/** How far a log with a snapshot at `seq` may be trimmed, so that the last entries stay: as many as both limits allow. */
export async function trimSeq(store: Store, stream: string, seq: number, kept: Kept): Promise<number> {
  const from = Math.max(await store.trimmed(stream), seq - kept.keepEntries)
  let bytes = 0
  let last = seq
  for (const entry of (await store.history(stream, from, seq - from)).toReversed()) {
    bytes += entry.bytes
    if (bytes > kept.keepBytes) break
    last = entry.seq - 1
  }
  return last
}
