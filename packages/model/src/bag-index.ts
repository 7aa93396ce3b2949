import { BagEntry } from "./bag-entry.ts"
import { idOfEntry } from "./entry.ts"
import { fold, type Folded, type KindOf } from "./fold.ts"

/** The entries of one record at one moment; never changed, so that "before" can be folded later. */
export class RecordState {
  readonly entries: readonly BagEntry[]
  /** Weak: a folded record is kept as long as somebody uses it, and the same object is given out until it changes. */
  #folded: WeakRef<Folded> | undefined

  constructor(entries: readonly BagEntry[]) {
    this.entries = entries
  }

  fold(kindOf: KindOf): Folded {
    let folded = this.#folded?.deref()
    if (folded === undefined) {
      folded = fold(this.entries, kindOf)
      this.#folded = new WeakRef(folded)
    }
    return folded
  }
}

/** No entries: the state of a record that never was. */
export const noState: RecordState = new RecordState([])

/** An element of a bag that is not an entry of the layout. Kept in the document, never changed or deleted. */
export interface Unreadable {
  readonly collection: string
  readonly client: number
  readonly clock: number
  readonly reason: string
}

/** One collection's living entries, by record. */
export class BagIndex {
  readonly name: string
  readonly kindOf: KindOf
  readonly #states = new Map<string, RecordState>()
  readonly #strange = new Map<string, Unreadable>()
  /** Ids of existing records, counted when first asked for and kept from then on. */
  #existing: Set<string> | undefined

  constructor(name: string, kindOf: KindOf) {
    this.name = name
    this.kindOf = kindOf
  }

  stateOf(id: string): RecordState {
    return this.#states.get(id) ?? noState
  }

  fold(id: string): Folded {
    return this.stateOf(id).fold(this.kindOf)
  }

  /** The record that an element names, undefined where it names none. */
  idOf(element: unknown): string | undefined {
    return typeof element === "string" ? idOfEntry(element) : undefined
  }

  /** Idempotent. Returns whether a record has an entry more. */
  add(source: { readonly client: number }, clock: number, element: unknown): boolean {
    const id = this.idOf(element)
    if (id === undefined) {
      const reason = typeof element === "string" ? "it names no record" : "it is not a string"
      this.#strange.set(placeOf(source.client, clock), { collection: this.name, client: source.client, clock, reason })
      return false
    }
    const { entries } = this.stateOf(id)
    if (entries.some((entry) => entry.isAt(source.client, clock))) return false
    this.#set(id, [...entries, new BagEntry(source, clock, element as string)])
    return true
  }

  /** Idempotent. Returns whether a record has an entry less. */
  remove(client: number, clock: number, element: unknown): boolean {
    const id = this.idOf(element)
    if (id === undefined) {
      this.#strange.delete(placeOf(client, clock))
      return false
    }
    const { entries } = this.stateOf(id)
    const left = entries.filter((entry) => !entry.isAt(client, clock))
    if (left.length === entries.length) return false
    this.#set(id, left)
    return true
  }

  /** True where entries name a record, existing or not. */
  get hasRecords(): boolean {
    return this.#states.size > 0
  }

  /** Ids of existing records, in no order. */
  existing(): ReadonlySet<string> {
    if (this.#existing === undefined) {
      this.#existing = new Set()
      for (const [id, state] of this.#states) {
        if (state.fold(this.kindOf).record !== undefined) this.#existing.add(id)
      }
    }
    return this.#existing
  }

  *unreadable(): Iterable<Unreadable> {
    yield* this.#strange.values()
    for (const { entries } of this.#states.values()) {
      for (const entry of entries) {
        const reason = entry.problem
        if (reason !== null) yield { collection: this.name, client: entry.client, clock: entry.clock, reason }
      }
    }
  }

  #set(id: string, entries: readonly BagEntry[]): void {
    const state = new RecordState(entries)
    if (entries.length === 0) this.#states.delete(id)
    else this.#states.set(id, state)
    if (this.#existing === undefined) return
    if (state.fold(this.kindOf).record === undefined) this.#existing.delete(id)
    else this.#existing.add(id)
  }
}

function placeOf(client: number, clock: number): string {
  return `${client}:${clock}`
}
