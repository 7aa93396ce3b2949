import type { NewEntry, Store, StoredEntry } from "@millrace/store"

/** A planted fault: appends resolve before anything lasts, and a crash forgets the last of them. */
export class VolatileStore {
  readonly #streams = new Map<string, StoredEntry[]>()
  #durable = 0

  /** The process dies: what was appended since some earlier moment is gone. */
  crash(keep: (atRisk: number) => number): void {
    for (const [stream, entries] of this.#streams) {
      this.#durable += keep(entries.length - this.#durable)
      this.#streams.set(stream, entries.slice(0, this.#durable))
    }
  }

  /** The disk has caught up. */
  flush(): void {
    for (const entries of this.#streams.values()) this.#durable = entries.length
  }

  readonly store: Store = {
    append: (stream: string, entries: readonly NewEntry[]) => {
      const all = this.#streams.get(stream) ?? []
      this.#streams.set(stream, all)
      for (const entry of entries) all.push({ ...entry, seq: all.length + 1 })
      return Promise.resolve(all.length)
    },
    read: (stream: string, afterSeq: number) => {
      const rest = (this.#streams.get(stream) ?? []).slice(afterSeq)
      return (async function* () {
        yield* rest
      })()
    },
    head: (stream: string) => Promise.resolve(this.#streams.get(stream)?.length ?? 0),
    streams: () => (async function* () {})(),
    watch: () => () => {},
    snapshot: () => Promise.reject(new Error("nothing here is compacted")),
    readSnapshot: () => Promise.resolve(undefined),
    trim: () => Promise.resolve(0),
    trimmed: () => Promise.resolve(0),
    history: () => Promise.resolve([]),
    acquire: () => Promise.reject(new Error("nothing here is leased")),
    close: () => Promise.resolve(),
  }
}
