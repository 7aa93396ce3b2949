import { Topics } from "../workspace/topics.ts"

/** Where drafts outlive the page: the browser's `localStorage`, which writes before the call returns. */
export interface DraftStorage {
  getItem(key: string): string | null
  setItem(key: string, value: string): void
  removeItem(key: string): void
}

/** A text that somebody typed and did not commit. */
export interface Draft {
  /** What the field held when typing began. */
  readonly base: string
  readonly text: string
}

/** What a draft is of: a field of a record, or an input that makes a new one. */
export interface DraftPlace {
  /** The dataset that it is shown with; empty for what is shown with none. */
  readonly dataset: string
  readonly id: string
  readonly field: string
}

export interface KeptDraft extends Draft {
  readonly place: DraftPlace
}

/** Beyond this the oldest is let go of: nobody has that many fields under way. */
const maxDrafts = 200

/**
 * Texts under way, kept at each keystroke until they are committed or taken back, so that a page that is reloaded or closed loses none.
 *
 * A storage that refuses keeps them for the page's life alone. All tabs of a browser share them.
 */
export class Drafts {
  readonly #storage: DraftStorage
  readonly #key: string
  readonly #topics = new Topics()
  readonly #drafts: Map<string, KeptDraft>
  /** Left by an earlier page: what a person has to be told of. */
  #left: readonly KeptDraft[]

  constructor(storage: DraftStorage, workspace: string) {
    this.#storage = storage
    this.#key = `millrace:drafts:${workspace}`
    this.#drafts = new Map(this.#read().map((draft) => [nameOf(draft.place), draft]))
    this.#left = [...this.#drafts.values()]
  }

  get(place: DraftPlace): Draft | undefined {
    return this.#drafts.get(nameOf(place))
  }

  /** Those that an earlier page left and nobody has dealt with since; the same list until one is. */
  left(): readonly KeptDraft[] {
    return this.#left
  }

  keep(place: DraftPlace, draft: Draft): void {
    const name = nameOf(place)
    this.#drafts.delete(name)
    this.#drafts.set(name, { place, base: draft.base, text: draft.text })
    for (const oldest of this.#drafts.keys()) {
      if (this.#drafts.size <= maxDrafts) break
      this.#drafts.delete(oldest)
    }
    this.#write()
  }

  /** Committed or taken back. */
  drop(place: DraftPlace): void {
    const name = nameOf(place)
    if (!this.#drafts.delete(name)) return
    this.#write()
    const left = this.#left.filter((draft) => nameOf(draft.place) !== name)
    if (left.length === this.#left.length) return
    this.#left = left
    this.#topics.publish("left")
  }

  /** Lets all go that an earlier page left. */
  dropLeft(): void {
    for (const { place } of this.#left) this.drop(place)
  }

  onLeft(listener: () => void): () => void {
    return this.#topics.subscribe("left", listener)
  }

  #read(): readonly KeptDraft[] {
    try {
      const kept: unknown = JSON.parse(this.#storage.getItem(this.#key) ?? "[]")
      return Array.isArray(kept) ? kept.filter(isKept) : []
    } catch {
      return []
    }
  }

  #write(): void {
    try {
      if (this.#drafts.size === 0) this.#storage.removeItem(this.#key)
      else this.#storage.setItem(this.#key, JSON.stringify([...this.#drafts.values()]))
    } catch {
      // No room, or no storage: the page itself still has them.
    }
  }
}

function nameOf({ dataset, id, field }: DraftPlace): string {
  return JSON.stringify([dataset, id, field])
}

function isKept(value: unknown): value is KeptDraft {
  if (typeof value !== "object" || value === null) return false
  const { place, base, text } = value as Partial<Record<keyof KeptDraft, unknown>>
  if (typeof place !== "object" || place === null) return false
  const { dataset, id, field } = place as Partial<Record<keyof DraftPlace, unknown>>
  return [base, text, dataset, id, field].every((each) => typeof each === "string")
}
