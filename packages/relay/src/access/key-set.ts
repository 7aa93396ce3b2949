import { asMillraceError, type Clock, type Log, messageOf, MillraceError } from "@millrace/ports"
import type { JWK } from "jose"
import { algorithmOf, importPublicJwk, type PublicTokenKey } from "./public-key.ts"

/** Where keys come from that are not known at the start. */
export interface KeySource {
  /**
   * The keys that may have signed a token with this `kid`; without one, all of them.
   *
   * Rejects with kind `unavailable` while no usable key set could be had.
   */
  keysFor(kid: string | undefined): Promise<readonly PublicTokenKey[]>
}

export interface KeySetOptions {
  /** The text of the key set, read anew at each call. */
  readonly read: () => Promise<string>
  readonly clock: Clock
  readonly log: Log
  /** A set older than this is read again, while the old one serves. */
  readonly maxAgeMs?: number
  /** Two readings are at least this far apart, whether they succeed or not. */
  readonly cooldownMs?: number
  /** How long the last good set serves while reading fails. */
  readonly maxStaleMs?: number
  readonly maxKeys?: number
}

/**
 * A JWK set with rotation: an unknown `kid` makes it read again, at most once in `cooldownMs`, so a token that names a made-up key
 * costs nothing; when reading fails the last good set goes on serving, for `maxStaleMs`.
 *
 * Keys that the relay has no use for (other algorithms, encryption) are passed over; a private key in the set refuses the whole set.
 */
export class KeySet implements KeySource {
  readonly #options: Required<KeySetOptions>
  #keys: readonly PublicTokenKey[] | undefined
  #goodAtMs = 0
  #triedAtMs = Number.NEGATIVE_INFINITY
  #reading: Promise<void> | undefined

  constructor(options: KeySetOptions) {
    this.#options = { maxAgeMs: 600_000, cooldownMs: 30_000, maxStaleMs: 86_400_000, maxKeys: 64, ...options }
  }

  async keysFor(kid: string | undefined): Promise<readonly PublicTokenKey[]> {
    const { clock, maxAgeMs, maxStaleMs } = this.#options
    const ageMs = clock.nowMs() - this.#goodAtMs
    if (this.#keys === undefined || ageMs > maxStaleMs) await this.#read()
    else if (ageMs > maxAgeMs) void this.#read()
    let fitting = this.#fitting(kid)
    if (fitting.length === 0 && kid !== undefined) {
      await this.#read()
      fitting = this.#fitting(kid)
    }
    return fitting
  }

  #fitting(kid: string | undefined): readonly PublicTokenKey[] {
    if (this.#keys === undefined || this.#options.clock.nowMs() - this.#goodAtMs > this.#options.maxStaleMs) {
      throw new MillraceError("The keys that verify tokens cannot be read now; try again.", {
        kind: "unavailable",
        retry: { afterMs: 5000 },
      })
    }
    return kid === undefined ? this.#keys : this.#keys.filter((key) => key.id === kid)
  }

  /** Never rejects; does nothing while the last reading is too near. */
  #read(): Promise<void> {
    const { clock, cooldownMs, log } = this.#options
    if (this.#reading !== undefined) return this.#reading
    if (clock.nowMs() - this.#triedAtMs < cooldownMs) return Promise.resolve()
    this.#triedAtMs = clock.nowMs()
    this.#reading = this.#readNow()
      .catch((thrown: unknown) => log.warn("key set not read", { reason: messageOf(thrown) }))
      .finally(() => (this.#reading = undefined))
    return this.#reading
  }

  async #readNow(): Promise<void> {
    const keys = await parseKeySet(await this.#options.read(), this.#options.maxKeys)
    this.#keys = keys
    this.#goodAtMs = this.#options.clock.nowMs()
  }
}

/** Throws kind `corrupt` for what is no key set or has more than `maxKeys`, kind `usage` for one with a private key. */
export async function parseKeySet(text: string, maxKeys: number): Promise<readonly PublicTokenKey[]> {
  const jwks = jwksIn(text)
  if (jwks.length > maxKeys) throw notAKeySet(`it has more than ${maxKeys} keys`)
  const keys: PublicTokenKey[] = []
  for (const jwk of jwks) {
    const algorithm = algorithmOf(jwk)
    if (algorithm === undefined) continue
    const id = jwk.kid ?? ""
    try {
      keys.push({ id, algorithm, publicKey: await importPublicJwk(jwk, algorithm, `The key "${id}" of the key set`) })
    } catch (cause) {
      throw asMillraceError(cause, "corrupt")
    }
  }
  return keys
}

function jwksIn(text: string): readonly JWK[] {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === "object" && value !== null && "keys" in value && Array.isArray(value.keys)) {
      return value.keys.filter((key): key is JWK => typeof key === "object" && key !== null)
    }
  } catch (cause) {
    throw notAKeySet(messageOf(cause), cause)
  }
  throw notAKeySet("it has no list `keys`")
}

function notAKeySet(why: string, cause?: unknown): MillraceError {
  return new MillraceError(`The key set cannot be used: ${why}.`, { kind: "corrupt", cause })
}
