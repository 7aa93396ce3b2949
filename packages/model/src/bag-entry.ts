import { messageOf } from "@millrace/ports"
import { classOfClient } from "./client-id.ts"
import { type Entry, readEntry } from "./entry.ts"
import { fold, type Folded, type Reading } from "./fold.ts"
import { noTexts, type Texts } from "./fold-text.ts"

/** The entries and texts of one record at one moment; never changed, so that "before" can be folded later. */
export interface RecordState {
  readonly entries: readonly BagEntry[]
  readonly texts: Texts
  /** The same object each time, as long as somebody holds it. */
  fold(reading: Reading): Folded
  /** As `fold`, for one look: nothing is kept of it, which is what makes it cheaper over all records. */
  glance(reading: Reading): Folded
}

/**
 * One living element of a bag: its text, and where it was born.
 *
 * It is also the state of a record that has no other entry: most records are as they were created, and an object more
 * for each of them would be felt.
 */
export class BagEntry implements RecordState {
  /** Shared by entries of one client: an own number for each would cost a heap object. */
  readonly #source: { readonly client: number }
  readonly clock: number
  readonly text: string
  #folded: WeakRef<Folded> | undefined

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

  get entries(): readonly BagEntry[] {
    return [this]
  }

  get texts(): Texts {
    return noTexts
  }

  fold(reading: Reading): Folded {
    let folded = this.#folded?.deref()
    if (folded === undefined) this.#folded = new WeakRef((folded = held(fold([this], reading))))
    return folded
  }

  glance(reading: Reading): Folded {
    return this.#folded?.deref() ?? fold([this], reading)
  }

  /** The entry, or undefined where the text is none; `problem` then says why. */
  read(): Entry | undefined {
    if (problems.has(this)) return undefined
    const known = recent.get(this)
    if (known !== undefined) return known
    try {
      const entry = readEntry(this.text)
      recent.keep(this, entry)
      return entry
    } catch (thrown) {
      problems.set(this, messageOf(thrown))
      return undefined
    }
  }

  /** Why the text cannot be read as an entry; null where it can. */
  get problem(): string | null {
    if (this.read() !== undefined) return null
    return problems.get(this) ?? null
  }

  isAt(client: number, clock: number): boolean {
    return this.clock === clock && this.client === client
  }
}

/** Folds by their records: who holds a record gets the same one again. */
const foldOf = new WeakMap<object, Folded>()

function held(folded: Folded): Folded {
  if (folded.record !== undefined) foldOf.set(folded.record, folded)
  return folded
}

/**
 * What was read lately: a write to one element of a long list folds all the others again.
 *
 * Of two generations the older one goes when the younger is full, so the memory is bounded; long entries are left out.
 */
class RecentEntries {
  static readonly #most = 4_096
  static readonly #mostChars = 1_024
  #young = new Map<BagEntry, Entry>()
  #old = new Map<BagEntry, Entry>()

  get(at: BagEntry): Entry | undefined {
    const young = this.#young.get(at)
    if (young !== undefined) return young
    const old = this.#old.get(at)
    if (old !== undefined) this.keep(at, old)
    return old
  }

  keep(at: BagEntry, entry: Entry): void {
    if (at.text.length > RecentEntries.#mostChars) return
    if (this.#young.size >= RecentEntries.#most) {
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(at, entry)
  }
}

const recent = new RecentEntries()

// Beside the entries, not in them: hardly any has one.
const problems = new WeakMap<BagEntry, string>()

/** A record of no, several or typed-into entries. */
export class EntryState implements RecordState {
  readonly entries: readonly BagEntry[]
  readonly texts: Texts
  #folded: WeakRef<Folded> | undefined

  constructor(entries: readonly BagEntry[], texts: Texts) {
    this.entries = entries
    this.texts = texts
  }

  fold(reading: Reading): Folded {
    let folded = this.#folded?.deref()
    if (folded === undefined) this.#folded = new WeakRef((folded = held(fold(this.entries, reading, this.texts))))
    return folded
  }

  glance(reading: Reading): Folded {
    return this.#folded?.deref() ?? fold(this.entries, reading, this.texts)
  }
}

/** No entries: the state of a record that never was. */
export const noState: RecordState = new EntryState([], noTexts)
