/** So many units a second, and so many at once after a rest. */
export interface Rate {
  readonly perSecond: number
  readonly burst: number
}

/** Sums of fractions miss whole numbers by less than this. */
const rounding = 1e-6

/** Units fill up at a steady rate; taking more than there are is refused and takes nothing. */
export class TokenBucket {
  readonly #rate: Rate
  #units: number
  #atMs: number

  constructor(rate: Rate, nowMs: number) {
    this.#rate = rate
    this.#units = rate.burst
    this.#atMs = nowMs
  }

  /**
   * Takes `units`: 0 where they were there, else the milliseconds until they will be. A clock that goes back fills
   * nothing; what is more than the burst passes once the bucket is full, and leaves it in debt.
   */
  take(units: number, nowMs: number): number {
    this.#fill(nowMs)
    const needed = Math.min(units, this.#rate.burst)
    if (this.#units + rounding >= needed) {
      this.#units -= units
      return 0
    }
    return Math.max(1, Math.ceil(((needed - this.#units) / this.#rate.perSecond) * 1000))
  }

  /** Whether it has nothing to remember. */
  isFull(nowMs: number): boolean {
    this.#fill(nowMs)
    return this.#units >= this.#rate.burst
  }

  #fill(nowMs: number): void {
    const elapsedMs = Math.max(0, nowMs - this.#atMs)
    this.#units = Math.min(this.#rate.burst, this.#units + (elapsedMs * this.#rate.perSecond) / 1000)
    this.#atMs = nowMs
  }
}
