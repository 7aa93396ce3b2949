import type { RecordName } from "@millrace/model"

/** Records whose rows may differ from them; beyond `limit` all of them, without names. */
export class DirtyRecords {
  readonly #limit: number
  #names = new Map<string, Map<string, RecordName>>()
  #size = 0
  #all = false

  constructor(limit: number) {
    this.#limit = limit
  }

  get size(): number {
    return this.#size
  }

  get isEmpty(): boolean {
    return this.#size === 0 && !this.#all
  }

  /** Too many to name: only a comparison of all rows helps. */
  get all(): boolean {
    return this.#all
  }

  has(collection: string, id: string): boolean {
    return this.#all || this.#names.get(collection)?.has(id) === true
  }

  add(name: RecordName): void {
    if (this.#all) return
    let ids = this.#names.get(name.collection)
    if (ids === undefined) this.#names.set(name.collection, (ids = new Map()))
    if (ids.has(name.id)) return
    if (this.#size >= this.#limit) {
      this.addAll()
      return
    }
    ids.set(name.id, name)
    this.#size += 1
  }

  addAll(): void {
    this.clear()
    this.#all = true
  }

  /** Removes and returns the names; `all` stays. */
  take(): readonly RecordName[] {
    const names = [...this.#names.values()].flatMap((ids) => [...ids.values()])
    this.#names = new Map()
    this.#size = 0
    return names
  }

  clear(): void {
    this.take()
    this.#all = false
  }
}
