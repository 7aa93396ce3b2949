import { classOfClient } from "./client-id.ts"
import { type Entry, readEntry } from "./entry.ts"
import { messageOf } from "@millrace/ports"
import { compareText } from "./value.ts"

/** One living element of a bag: its text, and where it was born. */
export class BagEntry {
  /** Shared by entries that were stored together: an own number for each would cost a heap object. */
  readonly #source: { readonly client: number }
  readonly clock: number
  readonly text: string
  /** Undefined until the text was read for the first time. */
  #problem: string | null | undefined

  constructor(source: { readonly client: number }, clock: number, text: string) {
    this.#source = source
    this.clock = clock
    this.text = text
  }

  get client(): number {
    return this.#source.client
  }

  get class(): 0 | 1 {
    return classOfClient(this.client)
  }

  /** The entry, or undefined where the text is none; `problem` then says why. */
  read(): Entry | undefined {
    if (typeof this.#problem === "string") return undefined
    try {
      const entry = readEntry(this.text)
      this.#problem = null
      return entry
    } catch (thrown) {
      this.#problem = messageOf(thrown)
      return undefined
    }
  }

  /** Why the text cannot be read as an entry; null where it can. */
  get problem(): string | null {
    if (this.#problem === undefined) this.read()
    return this.#problem ?? null
  }

  isAt(client: number, clock: number): boolean {
    return this.clock === clock && this.client === client
  }
}

/** An entry that could be read, and where it was born. */
export interface Placed<E extends Entry> {
  readonly at: BagEntry
  readonly entry: E
}

/** Creations in the order (class, nonce); later ones win. Equal nonces are copies of one creation (an undone delete). */
export function compareCreations(a: Placed<Entry & { kind: "create" }>, b: Placed<Entry & { kind: "create" }>): number {
  return a.at.class - b.at.class || compareText(a.entry.nonce, b.entry.nonce) || compareBirth(a.at, b.at)
}

/** Edits in the order (class, stamp, client, clock); the last wins. */
export function compareEdits(a: Placed<Entry & { kind: "edit" }>, b: Placed<Entry & { kind: "edit" }>): number {
  return a.at.class - b.at.class || a.entry.stamp - b.entry.stamp || compareBirth(a.at, b.at)
}

function compareBirth(a: BagEntry, b: BagEntry): number {
  return a.client - b.client || a.clock - b.clock
}
