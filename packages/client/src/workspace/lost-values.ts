import type { Candidate, Place, RecordName, Records } from "@millrace/model"
import type { LostValue, Unsubscribe } from "../api.ts"
import { keyOf, type RecordKey } from "../status/record-key.ts"
import { Coalesced } from "./coalesced.ts"

/** What this browser wrote and lost to a write that had not seen it, for as long as nobody has settled it. */
export class LostValues {
  readonly #records: Records
  readonly #isOwn: (client: number) => boolean
  readonly #told: Coalesced<readonly LostValue[]>
  readonly #stop: () => void
  readonly #found = new Map<RecordKey, readonly LostValue[]>()
  readonly #due = new Map<RecordKey, RecordName>()
  #looked = false

  constructor(records: Records, isOwn: (client: number) => boolean, onThrow: (thrown: unknown) => void) {
    this.#records = records
    this.#isOwn = isOwn
    this.#told = new Coalesced(() => this.list(), onThrow)
    this.#stop = records.onTouched((touched) => {
      if (this.#looked) for (const name of touched.records) this.#due.set(keyOf(name.collection, name.id), name)
      if (this.#told.isHeard) this.#told.trigger()
    })
  }

  /** The first call looks at every record, later ones at those that changed. */
  list(): readonly LostValue[] {
    if (!this.#looked) {
      this.#looked = true
      for (const collection of this.#records.collections())
        for (const id of this.#records.collection<string>(collection).everyId()) this.#look({ collection, id })
    }
    for (const name of this.#due.values()) this.#look(name)
    this.#due.clear()
    return [...this.#found.values()].flat()
  }

  add(listener: (lost: readonly LostValue[]) => void): Unsubscribe {
    return this.#told.add(listener)
  }

  destroy(): void {
    this.#stop()
    this.#told.clear()
  }

  #look({ collection, id }: RecordName): void {
    if (collection.startsWith("$")) return
    const source = this.#records.collection<string>(collection)
    const concurrent = source.concurrent(id).flatMap(({ candidates, field, element, part }) => {
      const [winner, ...losers] = candidates
      return losers
        .filter((loser) => this.#isOwn(loser.client) && !(winner !== undefined && this.#isOwn(winner.client)))
        .map((loser) => lostValue({ collection, id }, { field, element, part }, loser, winner))
    })
    const late = source
      .editsAfterDelete(id)
      .filter(({ client }) => this.#isOwn(client))
      .map((edit) => lostValue({ collection, id }, edit, edit, undefined))
    const key = keyOf(collection, id)
    if (concurrent.length + late.length === 0) this.#found.delete(key)
    else this.#found.set(key, [...concurrent, ...late])
  }
}

function lostValue(
  { collection, id }: RecordName,
  { field, element, part }: Place,
  lost: Candidate,
  winner: Candidate | undefined,
): LostValue {
  const to = winner === undefined ? ({ to: "delete" } as const) : ({ to: "write", winner: winner.value } as const)
  return { collection, id, field, element, part, value: lost.value, ...to }
}
