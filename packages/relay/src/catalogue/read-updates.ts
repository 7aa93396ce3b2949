import { MillraceError } from "@millrace/ports"
import type { Store } from "@millrace/store"
import { decodeSnapshot } from "../compact/snapshot-form.ts"
import { mergeAll } from "../room/merge.ts"

/** Entries that are merged at a time, to bound how many are held one by one. */
const groupSize = 1024
const maxAttempts = 5

/** What a log says as few updates: its snapshot where entries were trimmed, and what came since. */
export async function readUpdates(store: Store, stream: string): Promise<readonly Uint8Array[]> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await readOnce(store, stream)
    } catch (thrown) {
      // Entries may be trimmed while they are read; the snapshot then has them.
      const trimmed = thrown instanceof MillraceError && thrown.kind === "not-found" && attempt < maxAttempts
      if (!trimmed) throw thrown
    }
  }
}

async function readOnce(store: Store, stream: string): Promise<readonly Uint8Array[]> {
  const snapshot = await store.readSnapshot(stream)
  const updates: Uint8Array[] = snapshot === undefined ? [] : [decodeSnapshot(snapshot.payload).update]
  let group: Uint8Array[] = []
  for await (const { payload } of store.read(stream, snapshot?.seq ?? 0)) {
    group.push(payload)
    if (group.length < groupSize) continue
    updates.push(mergeAll(group))
    group = []
  }
  return [...updates, ...group]
}
