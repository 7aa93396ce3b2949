import type { Clock, Log, Timer } from "@millrace/ports"
import { claimsOf } from "../tabs/token-group.ts"
import type { TokenSource } from "../options.ts"

export interface TokenRenewalOptions {
  readonly token: TokenSource
  readonly clock: Clock
  readonly log: Log
  /** Sends the new token on the live socket. */
  readonly send: (token: string) => void
}

/** A token is replaced when this part of what was left of its life is left, and at least `minLeadMs` before its end. */
const leadPart = 0.2
const minLeadMs = 5_000
const maxLeadMs = 60_000
/** Timers hold 31 bits of milliseconds: a farther end is looked at again after this. */
const maxTimerMs = 86_400_000

/**
 * Asks for a fresh token before the one in use expires, so that a socket outlives its token.
 *
 * A token that does not say when it expires, a fixed one, and a source that fails or gives the same again change nothing: the relay
 * ends the socket at the end of its token, and the next connection brings a new one.
 */
export class TokenRenewal {
  readonly #options: TokenRenewalOptions
  #timer: Timer | undefined
  #current = ""
  /** Counts sockets, so that a token that comes late is not sent on another one. */
  #socket = 0

  constructor(options: TokenRenewalOptions) {
    this.#options = options
  }

  /** The socket is open with this token. */
  begin(token: string): void {
    this.stop()
    this.#current = token
    this.#plan()
  }

  /** The socket is gone. Idempotent. */
  stop(): void {
    this.#socket += 1
    this.#timer?.cancel()
    this.#timer = undefined
  }

  #plan(): void {
    const { clock, token } = this.#options
    const expiresAtMs = expiryOf(this.#current)
    if (typeof token === "string" || expiresAtMs === undefined) return
    const leftMs = expiresAtMs - clock.nowMs()
    const delayMs = leftMs - Math.max(minLeadMs, Math.min(maxLeadMs, leftMs * leadPart))
    if (delayMs <= 0) return
    const far = delayMs > maxTimerMs
    this.#timer = clock.after(far ? maxTimerMs : delayMs, () => (far ? this.#plan() : void this.#renew(token)))
  }

  async #renew(token: () => Promise<string> | string): Promise<void> {
    const socket = this.#socket
    try {
      const fresh = await token()
      if (socket !== this.#socket || fresh === this.#current) return
      this.#current = fresh
      this.#options.send(fresh)
      this.#plan()
    } catch {
      this.#options.log.info("token not renewed")
    }
  }
}

/** Claim `exp` of a JWT in milliseconds; undefined where it cannot be read. Nothing is verified here. */
export function expiryOf(token: string): number | undefined {
  const exp = claimsOf(token)?.["exp"]
  return typeof exp === "number" && Number.isFinite(exp) ? exp * 1000 : undefined
}
