/**
 * Listeners by key, so that a change of one record wakes only those who show it.
 *
 * A listener may unsubscribe (itself or others) while it is called.
 */
export class Topics {
  readonly #listeners = new Map<string, Set<() => void>>()

  /** Idempotent unsubscribe; a key without listeners takes no memory. */
  subscribe(key: string, listener: () => void): () => void {
    const set = this.#listeners.get(key) ?? new Set()
    // A wrapper, because one function may subscribe twice and leave once.
    const entry = (): void => listener()
    set.add(entry)
    this.#listeners.set(key, set)
    return () => {
      set.delete(entry)
      if (set.size === 0 && this.#listeners.get(key) === set) this.#listeners.delete(key)
    }
  }

  publish(key: string): void {
    const set = this.#listeners.get(key)
    if (set !== undefined) for (const listener of Array.from(set)) listener()
  }

  publishAll(): void {
    for (const key of Array.from(this.#listeners.keys())) this.publish(key)
  }
}
