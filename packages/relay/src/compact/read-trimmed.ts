import { MillraceError } from "@millrace/ports"
import type { HistoryEntry, Store } from "@millrace/store"
import { decodeSnapshot } from "./snapshot-form.ts"

/** The last entry that was trimmed, with an update that holds every entry up to it, and maybe later ones. */
export interface Trimmed extends HistoryEntry {
  readonly update: Uint8Array
  /** The last that the update holds. */
  readonly holdsSeq: number
}

/** What stands in for the trimmed entries of a log. Rejects with kind `corrupt` where nothing does. */
export async function readTrimmed(store: Store, stream: string): Promise<Trimmed> {
  const seq = await store.trimmed(stream)
  // Read after the mark, so that it reaches at least as far.
  const snapshot = await store.readSnapshot(stream)
  const [last] = await store.history(stream, seq - 1, 1)
  if (snapshot === undefined || last === undefined) {
    throw new MillraceError(`${stream} was trimmed without a snapshot; restore the data folder from a copy.`, {
      kind: "corrupt",
    })
  }
  return { ...last, holdsSeq: snapshot.seq, update: decodeSnapshot(snapshot.payload).update }
}
