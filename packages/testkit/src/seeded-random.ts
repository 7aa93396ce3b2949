import { createHash } from "node:crypto"
import type { Random } from "@millrace/ports"
import { noteSeed } from "./seed-notes.ts"

/** Randomness that a number repeats, with the choices tests make. */
export interface SeededRandom extends Random {
  readonly seed: number
  /** A whole number, `0 <= n < below`. */
  int(below: number): number
  /** One of `items`, which must not be empty. */
  pick<T>(items: readonly T[]): T
  /** The items in a new order, in a new array. */
  shuffle<T>(items: readonly T[]): T[]
  /** True with this probability. */
  chance(probability: number): boolean
  /** A generator of its own, the same for the same seed and label whatever was drawn here before. */
  fork(label: string): SeededRandom
}

/**
 * A generator for tests: from `seed`, else from MILLRACE_SEED, else from a fresh seed.
 *
 * The seeds a test used are printed when it fails. Never good for secrets.
 */
export function seededRandom(seed: number = seedFromEnvironment()): SeededRandom {
  noteSeed(seed)
  return make(seed, "")
}

/** MILLRACE_SEED where it is set, else a fresh seed. */
export function seedFromEnvironment(): number {
  const given = process.env["MILLRACE_SEED"]
  if (given === undefined || given === "") return Math.floor(Math.random() * 2 ** 32)
  const seed = Number(given)
  if (!Number.isSafeInteger(seed)) throw new Error(`MILLRACE_SEED is "${given}": give a whole number.`)
  return seed
}

function make(seed: number, path: string): SeededRandom {
  const draw = xoshiro(createHash("sha256").update(`${seed}${path}`).digest())
  const int = (below: number): number => Math.floor((draw() / 2 ** 32) * below)
  return {
    seed,
    float: () => draw() / 2 ** 32,
    bytes: (length) => Uint8Array.from({ length }, () => draw() >>> 24),
    int,
    pick: (items) => {
      if (items.length === 0) throw new Error("pick() needs at least one item.")
      return items[int(items.length)] as (typeof items)[number]
    },
    shuffle: (items) => {
      const result = [...items]
      for (let last = result.length - 1; last > 0; last--) {
        const other = int(last + 1)
        ;[result[last], result[other]] = [result[other] as never, result[last] as never]
      }
      return result
    },
    chance: (probability) => draw() / 2 ** 32 < probability,
    fork: (label) => make(seed, `${path}/${label}`),
  }
}

/** The xoshiro128** generator: 32 random bits a call. */
function xoshiro(state: Buffer): () => number {
  let [a, b, c, d] = [0, 4, 8, 12].map((at) => state.readInt32LE(at)) as [number, number, number, number]
  return () => {
    const result = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0
    const shifted = b << 9
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    c ^= shifted
    d = rotate(d, 11)
    return result
  }
}

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits))
}
