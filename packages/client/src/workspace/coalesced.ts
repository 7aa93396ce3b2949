import type { Unsubscribe } from "../api.ts"

/** Listeners told at most once a tick; one that throws does not keep the others from hearing. */
export class Coalesced<T> {
  readonly #listeners = new Set<(value: T) => void>()
  readonly #take: () => T
  readonly #onThrow: (thrown: unknown) => void
  #due = false

  constructor(take: () => T, onThrow: (thrown: unknown) => void) {
    this.#take = take
    this.#onThrow = onThrow
  }

  add(listener: (value: T) => void): Unsubscribe {
    const own = (value: T): void => listener(value)
    this.#listeners.add(own)
    return () => void this.#listeners.delete(own)
  }

  /** Whether anybody listens. */
  get isHeard(): boolean {
    return this.#listeners.size > 0
  }

  /** The value is taken when the listeners are told. */
  trigger(): void {
    if (this.#due) return
    this.#due = true
    queueMicrotask(() => {
      this.#due = false
      const value = this.#take()
      for (const listener of this.#listeners) {
        try {
          listener(value)
        } catch (thrown) {
          this.#onThrow(thrown)
        }
      }
    })
  }

  clear(): void {
    this.#listeners.clear()
  }
}
