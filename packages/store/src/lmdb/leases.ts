import { MillraceError } from "@millrace/ports"
import type { Lease } from "../store.ts"
import { type Driver, inBatch } from "./driver.ts"
import { headKey, laterVersion } from "./rows.ts"

/** Who has a lease, or had it last; the row's version is the token. */
interface LeaseRow {
  readonly owner: string
  /** 0 once released. */
  readonly expiresAtMs: number
}

const rowFormat = 1
const fixedBytes = 9

/**
 * Leases as rows that are never removed, so that tokens only grow.
 *
 * Every change is conditional on the token it was decided by. Times are those of the processes' clocks: where they
 * differ two may hold one lease, which `expectedSeq` makes harmless.
 */
export class Leases {
  readonly #driver: Driver

  constructor(driver: Driver) {
    this.#driver = driver
  }

  async acquire(name: string, owner: string, ttlMs: number): Promise<Lease> {
    if (owner === "" || !(ttlMs > 0)) {
      throw new MillraceError("A lease has an owner and a time to live above 0 ms.", { kind: "invalid" })
    }
    const { clock, tables } = this.#driver
    const key = headKey(name)
    const found = this.#driver.guarded(() => tables.leases.getEntry(key))
    const token = (found?.version ?? 0) + 1
    const nowMs = clock.nowMs()
    if (found !== undefined) {
      const held = decodeRow(found.value)
      const leftMs = held.expiresAtMs - nowMs
      if (leftMs > 0 && held.owner !== owner) {
        throw new MillraceError(`${name} is leased to ${held.owner} for ${leftMs} ms more; try again then.`, {
          kind: "conflict",
          retry: { afterMs: leftMs },
        })
      }
    }
    const expiresAtMs = nowMs + ttlMs
    const put = (): void => inBatch(tables.leases.put(key, encodeRow({ owner, expiresAtMs }), token))
    const taken = await this.#driver.written(
      found === undefined ? tables.leases.ifNoExists(key, put) : tables.leases.ifVersion(key, token - 1, put),
    )
    if (!taken) {
      throw new MillraceError(`${name} was leased to somebody else at the same moment; try again.`, {
        kind: "conflict",
        retry: { afterMs: ttlMs },
      })
    }
    return new HeldLease(this.#driver, { name, owner, token, ttlMs, expiresAtMs })
  }
}

interface Held {
  readonly name: string
  readonly owner: string
  readonly token: number
  readonly ttlMs: number
  readonly expiresAtMs: number
}

class HeldLease implements Lease {
  readonly name: string
  readonly owner: string
  readonly token: number
  readonly #driver: Driver
  readonly #ttlMs: number
  #expiresAtMs: number
  #released = false

  constructor(driver: Driver, held: Held) {
    this.#driver = driver
    this.name = held.name
    this.owner = held.owner
    this.token = held.token
    this.#ttlMs = held.ttlMs
    this.#expiresAtMs = held.expiresAtMs
  }

  get expiresAtMs(): number {
    return this.#expiresAtMs
  }

  async renew(): Promise<void> {
    this.#driver.refuseWhenClosed()
    // Before the write, so that it is never thought to last longer than it does.
    const expiresAtMs = this.#driver.clock.nowMs() + this.#ttlMs
    if (this.#released || !(await this.#driver.tracked(() => this.#put({ owner: this.owner, expiresAtMs })))) {
      throw new MillraceError(`The lease of ${this.name} is lost; stop what it allowed, then acquire it anew.`, {
        kind: "conflict",
      })
    }
    this.#expiresAtMs = expiresAtMs
  }

  async release(): Promise<void> {
    if (this.#released) return
    this.#driver.refuseWhenClosed()
    this.#released = true
    await this.#driver.tracked(() => this.#put({ owner: this.owner, expiresAtMs: 0 }))
  }

  #put(row: LeaseRow): Promise<boolean> {
    const { leases } = this.#driver.tables
    const key = headKey(this.name)
    return this.#driver.written(
      leases.ifVersion(key, this.token, () => inBatch(leases.put(key, encodeRow(row), this.token))),
    )
  }
}

function encodeRow({ owner, expiresAtMs }: LeaseRow): Buffer {
  const text = Buffer.from(owner, "utf8")
  const bytes = Buffer.alloc(fixedBytes + text.length)
  bytes.writeUInt8(rowFormat, 0)
  bytes.writeDoubleBE(expiresAtMs, 1)
  text.copy(bytes, fixedBytes)
  return bytes
}

function decodeRow(bytes: Buffer): LeaseRow {
  if ((bytes[0] ?? 0) > rowFormat) throw laterVersion()
  if (bytes.length < fixedBytes) {
    throw new MillraceError("A lease's row does not decode; restore the folder from a copy.", { kind: "corrupt" })
  }
  return { expiresAtMs: bytes.readDoubleBE(1), owner: bytes.toString("utf8", fixedBytes) }
}
