import { inTransaction } from "../in-transaction.ts"
import { resultOf } from "../open-database.ts"
import { metaStore } from "../status-store.ts"
import type { MirrorEvent } from "./mirror-api.ts"
import { changesStore } from "./mirror-database.ts"
import { readMirrorPosition } from "./mirror-position.ts"

const entriesPerRead = 500

export interface ChangesReaderOptions {
  /** Resolves with an open connection; asked before each read. */
  readonly database: () => Promise<IDBDatabase>
  /** Resolves with the number of the last entry that the listener knows. */
  readonly after: Promise<number>
  readonly listener: (events: readonly MirrorEvent[]) => void
  readonly onFault: (thrown: unknown) => void
}

/** Follows the journal by number: what is told to `look` only says that there may be more. */
export class ChangesReader {
  readonly #options: ChangesReaderOptions
  #after: number | undefined
  #due = false
  #isRunning = false
  #stopped = false

  constructor(options: ChangesReaderOptions) {
    this.#options = options
    this.look()
  }

  look(): void {
    this.#due = true
    if (!this.#isRunning) void this.#run()
  }

  /** The listener is not called again. */
  stop(): void {
    this.#stopped = true
  }

  async #run(): Promise<void> {
    this.#isRunning = true
    try {
      while (this.#due && !this.#stopped) {
        this.#due = false
        const events = await this.#read()
        if (events.length === 0 || this.#stopped) continue
        this.#due = true
        this.#tell(events)
      }
    } catch (thrown) {
      // The next look tries again: what was not read stays in the journal.
      if (!this.#stopped) this.#options.onFault(thrown)
    } finally {
      this.#isRunning = false
    }
  }

  async #read(): Promise<readonly MirrorEvent[]> {
    const after = (this.#after ??= await this.#options.after)
    const database = await this.#options.database()
    return await inTransaction(database, [changesStore, metaStore], "readonly", async (transaction) => {
      const last = (await readMirrorPosition(transaction))?.journal ?? 0
      if (after === last) return []
      const range = IDBKeyRange.lowerBound(after, true)
      const entries = await resultOf(
        transaction.objectStore(changesStore).getAll(range, entriesPerRead) as IDBRequest<MirrorEvent[]>,
      )
      const [first] = entries
      // Numbers have no gaps: one that is missing was trimmed, or belonged to an earlier life of the database.
      if (after > last || first?.number !== after + 1) {
        this.#after = last
        return [{ op: "reset", number: last, reason: "behind" }]
      }
      this.#after = entries.at(-1)?.number ?? after
      return entries
    })
  }

  #tell(events: readonly MirrorEvent[]): void {
    try {
      this.#options.listener(events)
    } catch (thrown) {
      this.#options.onFault(thrown)
    }
  }
}
