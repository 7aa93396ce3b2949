/** Items of one chunk; two comparisons more or less, but a bound on what one insertion moves. */
const maxChunk = 512

/**
 * Distinct items in an order, put in and taken out in time that hardly grows with their number.
 *
 * `compare` must tell any two different items apart.
 */
export class SortedList<T> {
  readonly #compare: (a: T, b: T) => number
  /** None is empty. */
  #chunks: T[][] = []
  #size = 0

  constructor(compare: (a: T, b: T) => number) {
    this.#compare = compare
  }

  get size(): number {
    return this.#size
  }

  /** Replaces what there is; cheaper than item by item. */
  replaceAll(items: Iterable<T>): void {
    const sorted = [...items].sort(this.#compare)
    this.#size = sorted.length
    this.#chunks = []
    for (let at = 0; at < sorted.length; at += maxChunk / 2) this.#chunks.push(sorted.slice(at, at + maxChunk / 2))
  }

  /** Returns false where it is there already. */
  add(item: T): boolean {
    const at = Math.min(
      this.#chunkFrom((each) => this.#compare(each, item) >= 0),
      this.#chunks.length - 1,
    )
    const chunk = this.#chunks[at]
    if (chunk === undefined) this.#chunks.push([item])
    else {
      const place = lowerBound(chunk, (each) => this.#compare(each, item) >= 0)
      const found = chunk[place]
      if (found !== undefined && place < chunk.length && this.#compare(found, item) === 0) return false
      chunk.splice(place, 0, item)
      if (chunk.length > maxChunk) this.#chunks.splice(at + 1, 0, chunk.splice(maxChunk / 2))
    }
    this.#size++
    return true
  }

  /** Returns false where it is not there. */
  delete(item: T): boolean {
    const at = this.#chunkFrom((each) => this.#compare(each, item) >= 0)
    const chunk = this.#chunks[at]
    if (chunk === undefined) return false
    const place = lowerBound(chunk, (each) => this.#compare(each, item) >= 0)
    if (place >= chunk.length || this.#compare(chunk[place] as T, item) !== 0) return false
    chunk.splice(place, 1)
    if (chunk.length === 0) this.#chunks.splice(at, 1)
    this.#size--
    return true
  }

  /** Items in order, from the first for which `isFrom` holds; it must hold for all behind that one. */
  *from(isFrom: (item: T) => boolean = () => true): Iterable<T> {
    let at = this.#chunkFrom(isFrom)
    let place = lowerBound(this.#chunks[at] ?? [], isFrom)
    for (; at < this.#chunks.length; at++, place = 0) {
      const chunk = this.#chunks[at] ?? []
      for (; place < chunk.length; place++) yield chunk[place] as T
    }
  }

  /** Items in reverse order, from the last for which `isUpTo` holds; it must hold for all before that one. */
  *backFrom(isUpTo: (item: T) => boolean = () => true): Iterable<T> {
    const isBeyond = (item: T): boolean => !isUpTo(item)
    let at = Math.min(this.#chunkFrom(isBeyond), this.#chunks.length - 1)
    let place = lowerBound(this.#chunks[at] ?? [], isBeyond) - 1
    for (; at >= 0; at--, place = (this.#chunks[at]?.length ?? 0) - 1) {
      const chunk = this.#chunks[at] ?? []
      for (; place >= 0; place--) yield chunk[place] as T
    }
  }

  /** The first chunk whose last item is at or behind the bound. */
  #chunkFrom(isFrom: (item: T) => boolean): number {
    return lowerBound(this.#chunks, (chunk) => isFrom(chunk.at(-1) as T))
  }
}

function lowerBound<T>(items: readonly T[], isFrom: (item: T) => boolean): number {
  let low = 0
  let high = items.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (isFrom(items[middle] as T)) high = middle
    else low = middle + 1
  }
  return low
}
