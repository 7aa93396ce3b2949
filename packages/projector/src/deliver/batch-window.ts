/**
 * How many changes go into the next batch while a bad record is searched for by halving.
 *
 * A whole batch of n was refused: the first half is tried; taken, the search goes on in the rest; refused, in the half.
 * So one bad record among n costs about 2 log n calls, and everything before it arrives on the way.
 */
export class BatchWindow {
  readonly #max: number
  /** So many changes at the front hold a bad one; 0 while nothing is suspected. */
  #suspects = 0

  constructor(max: number) {
    this.#max = max
  }

  get size(): number {
    return this.#suspects === 0 ? this.#max : Math.max(1, Math.floor(this.#suspects / 2))
  }

  /** A whole batch of this many was refused. */
  refused(count: number): void {
    this.#suspects = count
  }

  /** So many at the front were taken or isolated. */
  settled(count: number, isolated: boolean): void {
    this.#suspects = isolated ? 0 : Math.max(0, this.#suspects - count)
  }
}
