import type { Clock } from "@millrace/ports"
import { type Rate, TokenBucket } from "./token-bucket.ts"

export interface MeterRates {
  readonly messages: Rate
  readonly bytes: Rate
}

interface Account {
  readonly messages: TokenBucket
  readonly bytes: TokenBucket
  holders: number
}

/** Accounts without holders that are looked through at a time for those that have nothing to remember. */
const maxResting = 1024

/**
 * How many hold a place under each key, and how much they send together. An account outlives its last holder until its buckets are
 * full again, so coming back empties nothing; the number of resting accounts is bounded.
 */
export class Meter {
  readonly #clock: Clock
  readonly #rates: MeterRates
  readonly #maxHolders: number
  readonly #accounts = new Map<string, Account>()
  #resting = 0

  constructor(clock: Clock, maxHolders: number, rates: MeterRates) {
    this.#clock = clock
    this.#maxHolders = maxHolders
    this.#rates = rates
  }

  /** Takes a place; false where none is left. Each place taken is given back once. */
  enter(key: string): boolean {
    const account = this.#accounts.get(key) ?? this.#open(key)
    if (account.holders >= this.#maxHolders) return false
    if (account.holders === 0) this.#resting -= 1
    account.holders += 1
    return true
  }

  leave(key: string): void {
    const account = this.#accounts.get(key)
    if (account === undefined) return
    account.holders -= 1
    if (account.holders > 0) return
    this.#resting += 1
    if (this.#resting > maxResting) this.#forgetRested()
  }

  /** One message of so many bytes: 0 where it may pass, else after how many milliseconds it may. */
  take(key: string, bytes: number): number {
    const account = this.#accounts.get(key)
    if (account === undefined) return 0
    const nowMs = this.#clock.nowMs()
    return account.messages.take(1, nowMs) || account.bytes.take(bytes, nowMs)
  }

  /** Accounts in memory. */
  get count(): number {
    return this.#accounts.size
  }

  #open(key: string): Account {
    const nowMs = this.#clock.nowMs()
    const { messages, bytes } = this.#rates
    const account = { messages: new TokenBucket(messages, nowMs), bytes: new TokenBucket(bytes, nowMs), holders: 0 }
    this.#accounts.set(key, account)
    this.#resting += 1
    return account
  }

  /** Those whose buckets are full first; where that is not enough, the oldest. */
  #forgetRested(): void {
    const nowMs = this.#clock.nowMs()
    const resting = [...this.#accounts].filter(([, { holders }]) => holders === 0)
    const full = resting.filter(([, { messages, bytes }]) => messages.isFull(nowMs) && bytes.isFull(nowMs))
    const enough = full.length > 0 ? full : resting.slice(0, maxResting / 2)
    for (const [key] of enough) this.#accounts.delete(key)
    this.#resting -= enough.length
  }
}
