import type { RecordRef, Unsubscribe } from "../api.ts"
import { type RecordKey, refOf } from "../status/record-key.ts"
import { Coalesced } from "./coalesced.ts"

/** More than these are told as "any". */
const maxKeys = 1_000

/** Records whose status may have changed, told at most once a tick. */
export class ChangedRecords {
  readonly #told: Coalesced<readonly RecordRef[] | undefined>
  #keys: Set<RecordKey> | undefined = new Set()

  constructor(onThrow: (thrown: unknown) => void) {
    this.#told = new Coalesced(() => this.#take(), onThrow)
  }

  add(listener: (changed: readonly RecordRef[] | undefined) => void): Unsubscribe {
    return this.#told.add(listener)
  }

  one(key: RecordKey): void {
    if (this.#keys !== undefined && this.#keys.size < maxKeys) this.#keys.add(key)
    else this.#keys = undefined
    this.#told.trigger()
  }

  any(): void {
    this.#keys = undefined
    this.#told.trigger()
  }

  clear(): void {
    this.#told.clear()
  }

  #take(): readonly RecordRef[] | undefined {
    const keys = this.#keys
    this.#keys = new Set()
    return keys && [...keys].map(refOf)
  }
}
