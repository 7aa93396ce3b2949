/** Randomness as a port: the platform's in processes, seeded in tests. */
export interface Random {
  /** A float, 0 <= x < 1, for jitter and choices; not for secrets. */
  float(): number
  /** Fresh bytes, good for ids and secrets where the port is `systemRandom`. */
  bytes(length: number): Uint8Array
}

interface CryptoHost {
  readonly crypto: { getRandomValues(array: Uint8Array): Uint8Array }
}

/** The platform's random source. */
export const systemRandom: Random = {
  float: () => Math.random(),
  bytes: (length) => (globalThis as unknown as CryptoHost).crypto.getRandomValues(new Uint8Array(length)),
}

const alphabet = "0123456789abcdefghijklmnopqrstuvwxyz"

/** `length` characters of base 36, about 5.17 bits each; 20 of them are as good as a UUID. */
export function randomId(random: Random, length: number): string {
  let id = ""
  while (id.length < length) {
    for (const byte of random.bytes(length)) {
      // 252 is the largest multiple of 36 in a byte: above it the remainder would favour the first digits.
      if (byte < 252 && id.length < length) id += alphabet[byte % 36]
    }
  }
  return id
}

/** Full jitter: anywhere between 0 and `base * 2^attempt`, capped. Attempts count from 0. */
export function jitteredDelayMs(random: Random, attempt: number, baseMs: number, maxMs: number): number {
  return Math.floor(random.float() * Math.min(maxMs, baseMs * 2 ** Math.min(attempt, 30)))
}
