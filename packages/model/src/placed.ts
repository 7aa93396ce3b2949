import type { BagEntry } from "./bag-entry.ts"
import type { CreateEntry, EditEntry, Entry } from "./entry.ts"
import { compareText } from "./value.ts"

/** An entry that could be read, and where it was born. */
export interface Placed<E extends Entry> {
  readonly at: BagEntry
  readonly entry: E
}

/** Creations in the order (class, nonce); later ones win. Equal nonces are copies of one creation (an undone delete). */
export function compareCreations(a: Placed<CreateEntry>, b: Placed<CreateEntry>): number {
  return a.at.class - b.at.class || compareText(a.entry.nonce, b.entry.nonce) || compareBirth(a.at, b.at)
}

/** Edits in the order (class, stamp, client, clock); the last wins. */
export function compareEdits(a: Placed<EditEntry>, b: Placed<EditEntry>): number {
  return a.at.class - b.at.class || a.entry.stamp - b.entry.stamp || compareBirth(a.at, b.at)
}

function compareBirth(a: BagEntry, b: BagEntry): number {
  return a.client - b.client || a.clock - b.clock
}
