import { type Clock, systemClock } from "@millrace/ports"
import type { Store } from "@millrace/store"
import type { Target } from "@millrace/target"
import type { SeededRandom } from "@millrace/testkit"
import type { View } from "../../src/view/view.ts"

/**
 * One life of a process: it may end at any crash point, and from then on nothing that it does has an effect.
 *
 * Calls at and after the end never come back, as in a process that was killed. What the store had under way when it
 * ended may or may not have happened: `quiet` waits until that is decided.
 */
export class Life {
  readonly #random: SeededRandom
  readonly #probability: number
  #underWay: Promise<unknown> = Promise.resolve()
  #died = false

  constructor(random: SeededRandom, probability: number) {
    this.#random = random
    this.#probability = probability
  }

  get alive(): boolean {
    return !this.#died
  }

  readonly isAlive = (): boolean => !this.#died

  kill(): void {
    this.#died = true
  }

  /** A place where the process may be killed. */
  async point(): Promise<void> {
    if (!this.#dies()) return
    await new Promise<never>(() => {})
  }

  #dies(): boolean {
    this.#died ||= this.#random.chance(this.#probability)
    return this.#died
  }

  async quiet(): Promise<void> {
    await this.#underWay
  }

  clock(): Clock {
    return {
      nowMs: () => systemClock.nowMs(),
      after: (delayMs, task) => systemClock.after(delayMs, () => void (this.alive && task())),
    }
  }

  store(inner: Store): Store {
    return {
      append: async (stream, entries, expectedSeq) => {
        await this.point()
        const appended = inner.append(stream, entries, expectedSeq)
        this.#underWay = appended.catch(() => {})
        const seq = await appended
        await this.point()
        return seq
      },
      read: (stream, afterSeq) => inner.read(stream, afterSeq),
      head: (stream) => inner.head(stream),
      streams: (prefix) => inner.streams(prefix),
      watch: (prefix, listener) => inner.watch(prefix, listener),
      snapshot: (stream, seq, payload) => inner.snapshot(stream, seq, payload),
      readSnapshot: (stream) => inner.readSnapshot(stream),
      trim: (stream, uptoSeq) => inner.trim(stream, uptoSeq),
      trimmed: (stream) => inner.trimmed(stream),
      history: (stream, afterSeq, limit) => inner.history(stream, afterSeq, limit),
      acquire: (name, owner, ttlMs) => inner.acquire(name, owner, ttlMs),
      close: () => Promise.resolve(),
    }
  }

  view(inner: View): View {
    const apply: View["apply"] = (entries) => {
      if (this.#dies()) throw new Error("killed before the view was written")
      const changed = inner.apply(entries)
      if (this.#dies()) throw new Error("killed after the view was written")
      return changed
    }
    return new Proxy(inner, {
      get: (view, name) => {
        if (name === "apply") return apply
        const value: unknown = Reflect.get(view, name, view)
        return typeof value === "function" ? (value as (...args: never[]) => unknown).bind(view) : value
      },
    })
  }

  target<T extends Target>(inner: T): T {
    return {
      ...inner,
      apply: async (batch, options) => {
        await this.point()
        const receipts = await inner.apply(batch, options)
        await this.point()
        return receipts
      },
      check: async (options) => {
        await this.point()
        return inner.check(options)
      },
    }
  }
}
