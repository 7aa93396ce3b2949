import { type Clock, MillraceError } from "@millrace/ports"
import type { Store } from "@millrace/store"

/** Streams of what does not compact: the log's name behind this. */
export const quarantinePrefix = "quarantine/"

/** A log that is served as it is, because its compaction was found wrong. */
export interface Quarantined {
  /** Stream of the log. */
  readonly stream: string
  /** Last seq that was to be compacted. */
  readonly seq: number
  readonly reason: string
  /** Version of the program that found it; another one tries again. */
  readonly build: string
  readonly timeMs: number
}

/** The logs that did not compact, kept in the store: one entry for each time that one came or went. */
export class Quarantine {
  readonly #store: Store
  readonly #clock: Clock
  readonly #held = new Map<string, Quarantined>()

  private constructor(store: Store, clock: Clock) {
    this.#store = store
    this.#clock = clock
  }

  /** Rejects with kind `corrupt` for an entry that does not decode. */
  static async open(store: Store, clock: Clock): Promise<Quarantine> {
    const quarantine = new Quarantine(store, clock)
    for await (const { stream, seq } of store.streams(quarantinePrefix)) {
      for await (const { payload } of store.read(stream, seq - 1)) {
        const held = decode(payload)
        if (held !== undefined) quarantine.#held.set(held.stream, held)
      }
    }
    return quarantine
  }

  get(stream: string): Quarantined | undefined {
    return this.#held.get(stream)
  }

  /** By stream. */
  list(): readonly Quarantined[] {
    return [...this.#held.values()].sort((a, b) => (a.stream < b.stream ? -1 : 1))
  }

  get count(): number {
    return this.#held.size
  }

  async put(quarantined: Quarantined): Promise<void> {
    await this.#append(quarantined.stream, quarantined)
    this.#held.set(quarantined.stream, quarantined)
  }

  /** Idempotent. */
  async lift(stream: string): Promise<void> {
    if (!this.#held.has(stream)) return
    await this.#append(stream, null)
    this.#held.delete(stream)
  }

  async #append(stream: string, value: Quarantined | null): Promise<void> {
    const payload = new TextEncoder().encode(JSON.stringify(value))
    const entry = { payload, generation: 1, author: "relay", timeMs: this.#clock.nowMs() }
    await this.#store.append(`${quarantinePrefix}${stream}`, [entry])
  }
}

/** Undefined where the last word is that the log compacts again. */
function decode(payload: Uint8Array): Quarantined | undefined {
  try {
    const value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(payload)) as Quarantined | null
    if (value !== null && (typeof value.stream !== "string" || typeof value.build !== "string")) throw new TypeError()
    return value ?? undefined
  } catch (cause) {
    throw new MillraceError("An entry of the quarantine does not decode; restore the data folder from a copy.", {
      kind: "corrupt",
      cause,
    })
  }
}
