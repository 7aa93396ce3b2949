/** Which log entries touched a record since it was looked at last. */
export interface Touch {
  /** Author and time of the last of them. */
  readonly author: string
  readonly timeMs: number
  readonly seqFrom: number
  readonly seq: number
  /** False where no entry is known, as when everything is looked at: then standing exceptions stay as they are. */
  readonly noted: boolean
  /** True where all of them are write-backs from targets. */
  readonly automatic?: boolean
}

export interface TouchedRecord {
  readonly collection: string
  readonly id: string
  readonly touch: Touch
}

/** The records to look at, with what touched them. Bounded by the number of records. */
export class TouchedRecords {
  readonly #byCollection = new Map<string, Map<string, Touch>>()
  #size = 0

  get size(): number {
    return this.#size
  }

  /** Adds a touch; one that is known already is widened, the later one gives author and time. */
  add(collection: string, id: string, touch: Touch): void {
    let ids = this.#byCollection.get(collection)
    if (ids === undefined) this.#byCollection.set(collection, (ids = new Map<string, Touch>()))
    const known = ids.get(id)
    if (known === undefined) this.#size++
    ids.set(id, known === undefined ? touch : join(known, touch))
  }

  has(collection: string, id: string): boolean {
    return this.#byCollection.get(collection)?.has(id) ?? false
  }

  /** Takes back what could not be committed. */
  addAll(records: readonly TouchedRecord[]): void {
    for (const { collection, id, touch } of records) this.add(collection, id, touch)
  }

  /** Everything, sorted by collection, then id; nothing is left. */
  take(): readonly TouchedRecord[] {
    const taken: TouchedRecord[] = []
    for (const collection of [...this.#byCollection.keys()].sort()) {
      const ids = this.#byCollection.get(collection) ?? new Map<string, Touch>()
      for (const id of [...ids.keys()].sort()) {
        const touch = ids.get(id)
        if (touch !== undefined) taken.push({ collection, id, touch })
      }
    }
    this.#byCollection.clear()
    this.#size = 0
    return taken
  }
}

function join(known: Touch, added: Touch): Touch {
  const later = added.seq >= known.seq ? added : known
  const automatic = known.automatic === true && added.automatic === true
  const noted = known.noted || added.noted
  return { ...later, seqFrom: Math.min(known.seqFrom, added.seqFrom), noted, automatic }
}
