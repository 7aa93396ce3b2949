import type { Clock, Random } from "@millrace/ports"

/** A small seeded generator: the same seed gives the same history on every machine. */
export class Seeded implements Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  float(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let t = this.#state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.below(256))
  }

  below(limit: number): number {
    return Math.floor(this.float() * limit)
  }

  pick<T>(items: readonly T[]): T {
    return items.at(this.below(items.length)) as T
  }

  shuffle<T>(items: readonly T[]): readonly T[] {
    const mixed = [...items]
    for (let left = mixed.length; left > 1; left--) {
      // Takes one of those not yet drawn and lays it behind all others.
      const other = this.below(left)
      mixed.push(...mixed.splice(other, 1))
    }
    return mixed
  }
}

/** Time that moves only when it is read. */
export function tickingClock(startMs = 1_700_000_000_000): Clock {
  let timeMs = startMs
  return { nowMs: () => timeMs++, after: () => ({ cancel: () => {} }) }
}
