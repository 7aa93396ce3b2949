import { BagEntry, EntryState, noState, type RecordState } from "./bag-entry.ts"
import { idOfEntry } from "./entry.ts"
import type { Folded, Reading } from "./fold.ts"
import { noTexts } from "./fold-text.ts"
import type { PlainRecord } from "./value.ts"

/** An element of a bag that is not an entry of the layout. Kept in the document, never changed or deleted. */
export interface Unreadable {
  readonly collection: string
  readonly client: number
  readonly clock: number
  readonly reason: string
}

/** Something that follows the records of a collection. */
export interface Follower {
  /** The record's entries or texts changed. Only takes note: it may be called many times within a transaction. */
  touch(id: string): void
}

/** One collection's living entries and texts, by record. */
export class BagIndex {
  readonly name: string
  readonly reading: Reading
  readonly followers: Set<Follower> = new Set()
  readonly #states = new Map<string, RecordState>()
  readonly #strange = new Map<string, Unreadable>()
  /** Ids that have entries and no record, found when first asked for and kept from then on: there are few. */
  #missing: Set<string> | undefined
  #version = 0

  constructor(name: string, reading: Reading) {
    this.name = name
    this.reading = reading
  }

  /** Counts the steps of the collection. */
  get version(): number {
    return this.#version
  }

  stateOf(id: string): RecordState {
    return this.#states.get(id) ?? noState
  }

  fold(id: string): Folded {
    return this.stateOf(id).fold(this.reading)
  }

  /** The record for one look, when all are looked at. */
  glance(id: string): PlainRecord | undefined {
    return this.stateOf(id).glance(this.reading).record
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
    const entry = new BagEntry(source, clock, element as string)
    const state = this.#states.get(id)
    if (state === undefined) this.#set(id, entry)
    else {
      const { entries, texts } = state
      if (entries.some((each) => each.isAt(source.client, clock))) return false
      this.#set(id, new EntryState([...entries, entry], texts))
    }
    return true
  }

  /** Idempotent. Returns whether a record has an entry less. */
  remove(client: number, clock: number, element: unknown): boolean {
    const id = this.idOf(element)
    if (id === undefined) {
      this.#strange.delete(placeOf(client, clock))
      return false
    }
    const { entries, texts } = this.stateOf(id)
    const left = entries.filter((entry) => !entry.isAt(client, clock))
    if (left.length === entries.length) return false
    const [only] = left
    this.#set(id, left.length === 1 && only !== undefined && texts.size === 0 ? only : new EntryState(left, texts))
    return true
  }

  /** What a text of a record says now. Idempotent. Returns whether that is news. */
  setText(id: string, name: string, text: string): boolean {
    const { entries, texts } = this.stateOf(id)
    if (texts.get(name) === text) return false
    this.#set(id, new EntryState(entries, new Map([...texts, [name, text]])))
    return true
  }

  /** True where entries name a record, existing or not. */
  get hasRecords(): boolean {
    return this.#states.size > 0
  }

  /** Ids of existing records, in no order. */
  *ids(): Iterable<string> {
    const missing = this.#findMissing()
    for (const id of this.#states.keys()) if (!missing.has(id)) yield id
  }

  /** Also ids that have entries and no record. */
  everyId(): Iterable<string> {
    return this.#states.keys()
  }

  get size(): number {
    return this.#states.size - this.#findMissing().size
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

  #findMissing(): ReadonlySet<string> {
    if (this.#missing === undefined) {
      this.#missing = new Set()
      for (const [id, state] of this.#states) {
        if (!exists(state)) this.#missing.add(id)
      }
    }
    return this.#missing
  }

  #set(id: string, state: RecordState): void {
    this.#version++
    const isGone = state.entries.length === 0 && [...state.texts.values()].every((text) => text === "")
    if (isGone && state.texts === noTexts) this.#states.delete(id)
    else this.#states.set(id, state)
    for (const follower of this.followers) follower.touch(id)
    if (this.#missing === undefined) return
    if (this.#states.has(id) && !exists(state)) this.#missing.add(id)
    else this.#missing.delete(id)
  }
}

// Without folding: a fold of every record at once would keep them all until the end of the task.
function exists({ entries }: RecordState): boolean {
  return entries.some((entry) => entry.read()?.kind === "create")
}

function placeOf(client: number, clock: number): string {
  return `${client}:${clock}`
}
