import type { Image } from "./journal.ts"
import { textOfKey } from "./key-text.ts"
import type { Natives } from "./natives.ts"
import type { OwnRequests } from "./own-requests.ts"

/** Most rows that one write of many keys has images of; more are told as unknown. */
const maxRangeImages = 10_000

/** Hands its images over when they have come; none where the transaction ended first. */
export type Reading = (arrived: (images: readonly Image[]) => void) => void

/**
 * Reads the rows of one store as they were before a transaction's first write of each.
 *
 * A read stands right before its write in the order of the transaction's requests.
 */
export class ImageReader {
  readonly #natives: Natives
  readonly #own: OwnRequests
  readonly #store: IDBObjectStore
  /** Write number of the first write of each key. */
  readonly #first = new Map<string, number>()

  constructor(natives: Natives, own: OwnRequests, store: IDBObjectStore) {
    this.#natives = natives
    this.#own = own
    this.#store = store
  }

  /** Undefined where an earlier write of the transaction was before it. */
  ofKey(key: IDBValidKey, at: number): Reading | undefined {
    const text = textOfKey(key)
    if (this.#first.has(text)) return undefined
    const request = this.#ask(() => this.#natives.store.get.call(this.#store, key))
    if (request === undefined) return undefined
    this.#first.set(text, at)
    return (arrived) => {
      this.#own.own(
        request,
        (row: unknown) => arrived([row === undefined ? { at, key } : { at, key, row }]),
        () => arrived([]),
      )
    }
  }

  ofRange(range: IDBKeyRange | undefined, at: number): Reading | undefined {
    const { getAll, getAllKeys } = this.#natives.store
    const keys = this.#ask(() => getAllKeys.call(this.#store, range, maxRangeImages + 1))
    const rows = this.#ask(() => getAll.call(this.#store, range, maxRangeImages + 1))
    if (keys === undefined || rows === undefined) return undefined
    return (arrived) => {
      let found: readonly IDBValidKey[] = []
      this.#own.own(keys, (result) => void (found = result))
      this.#own.own(
        rows,
        (result: readonly unknown[]) => arrived(this.#images(found, result, at)),
        () => arrived([]),
      )
    }
  }

  /** Of the keys that no write before number `at` had changed. */
  #images(keys: readonly IDBValidKey[], rows: readonly unknown[], at: number): readonly Image[] {
    const images: Image[] = []
    for (const [index, key] of keys.slice(0, maxRangeImages).entries()) {
      const text = textOfKey(key)
      const first = this.#first.get(text)
      if (first !== undefined && first < at) continue
      this.#first.set(text, at)
      images.push({ at, key, row: rows[index] })
    }
    return images
  }

  #ask<T>(ask: () => IDBRequest<T>): IDBRequest<T> | undefined {
    try {
      return ask()
    } catch {
      // Neither will the engine take the write.
      return undefined
    }
  }
}
