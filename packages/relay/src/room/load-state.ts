import { MillraceError } from "@millrace/ports"
import type { Store } from "@millrace/store"
import { decodeSnapshot } from "../compact/snapshot-form.ts"
import { decodeUpdate } from "./decode-update.ts"
import { mergeAll } from "./merge.ts"
import { Replica } from "./replica.ts"

/** A workspace as its log says, and what stands behind its snapshot. */
export interface LoadedState {
  readonly replica: Replica
  /** Last seq that the replica contains. */
  readonly seq: number
  /** 0 where there is no snapshot. */
  readonly snapshotSeq: number
  /** Bytes of the entries after it. */
  readonly tailBytes: number
}

/** Log entries that are merged at a time while a workspace is read, to bound how many are held one by one. */
const loadGroupUpdates = 1024
const maxAttempts = 5

/** Reads snapshot and tail; rejects where anything of them cannot be read. */
export async function loadState(store: Store, stream: string): Promise<LoadedState> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await loadOnce(store, stream)
    } catch (thrown) {
      // A compaction may trim what is being read; its snapshot has it.
      const trimmed = thrown instanceof MillraceError && thrown.kind === "not-found" && attempt < maxAttempts
      if (!trimmed) throw thrown
    }
  }
}

async function loadOnce(store: Store, stream: string): Promise<LoadedState> {
  const snapshot = await store.readSnapshot(stream)
  const snapshotSeq = snapshot?.seq ?? 0
  const merged: Uint8Array[] = []
  let group: Uint8Array[] = []
  let seq = snapshotSeq
  let tailBytes = 0
  for await (const entry of store.read(stream, snapshotSeq)) {
    group.push(entry.payload)
    seq = entry.seq
    tailBytes += entry.payload.length
    if (group.length < loadGroupUpdates) continue
    merged.push(mergeAll(group))
    group = []
  }
  const tail = [...merged, ...group]
  if (snapshot === undefined) return { replica: new Replica(tail), seq, snapshotSeq, tailBytes }
  const replica = Replica.at(decodeSnapshot(snapshot.payload))
  for (const update of tail) replica.add(update, decodeUpdate(update))
  return { replica, seq, snapshotSeq, tailBytes }
}
