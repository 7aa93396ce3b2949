/** Listeners of one kind of event. Each is called even where an earlier one throws. */
export class Listeners<E> {
  readonly #all = new Set<(event: E) => void>()

  get any(): boolean {
    return this.#all.size > 0
  }

  /** Returns the function that takes the listener away; idempotent. */
  add(listener: (event: E) => void): () => void {
    const own = (event: E): void => listener(event)
    this.#all.add(own)
    return () => void this.#all.delete(own)
  }

  /** Returns what listeners threw. Those that are added meanwhile hear the next event. */
  emit(event: E): readonly unknown[] {
    const errors: unknown[] = []
    const present = [...this.#all]
    for (const listener of present) {
      try {
        listener(event)
      } catch (thrown) {
        errors.push(thrown)
      }
    }
    return errors
  }

  clear(): void {
    this.#all.clear()
  }
}
