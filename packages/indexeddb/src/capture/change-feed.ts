import type { TabChannel } from "../mirror/tabs.ts"
import { resultOf } from "../open-database.ts"
import type { Capture } from "./capture.ts"
import { type ChangeListener, type ChangesOptions, eventsOf, type LogRecord } from "./changes.ts"
import { logStore } from "./journal.ts"
import { SideConnection } from "./side-connection.ts"
import { sweep } from "./sweep.ts"

/** Most records of the log that are read at once. */
const batch = 200
const retryMs = 1_000

interface Reader {
  readonly listener: ChangeListener
  /** Last number told; undefined until it is known where it begins. */
  at: number | undefined
}

type Word = "marked" | "logged"

export function channelName(database: string): string {
  return `millrace:capture:${database}`
}

/**
 * The log of one database: filled from its journals by one tab, read by all.
 *
 * Messages between tabs only say "look": their order is not that of commits.
 */
export class ChangeFeed {
  readonly connection: SideConnection
  readonly #capture: Capture
  readonly #name: string
  readonly #channel: TabChannel
  readonly #readers = new Set<Reader>()
  readonly #loggedListeners = new Set<() => void>()
  readonly #stop = new AbortController()
  #leads = false
  #isRunning: Promise<void> | undefined
  #again = false
  #isReading = false
  #readAgain = false

  constructor(capture: Capture, name: string) {
    this.#capture = capture
    this.#name = name
    this.connection = new SideConnection(capture.natives, capture.engine, name)
    this.#channel = capture.tabs.channel(channelName(name), (word) => this.#heard(word as Word))
    void capture.tabs.lead(channelName(name), this.#stop.signal, async () => {
      this.#leads = true
      void this.flush().catch(() => {})
      await new Promise<void>((resolve) => this.#stop.signal.addEventListener("abort", () => resolve()))
    })
  }

  /** Tells whoever leads, from a tab without a feed. */
  static poke(capture: Capture, name: string): void {
    const channel = capture.tabs.channel(channelName(name), () => {})
    channel.post("marked" satisfies Word)
    channel.close()
  }

  listen(listener: ChangeListener, options: ChangesOptions = {}): () => void {
    const reader: Reader = { listener, at: options.after }
    this.#readers.add(reader)
    this.#read()
    return () => void this.#readers.delete(reader)
  }

  /** Called after the log grew, whichever tab filled it. */
  onLogged(listener: () => void): () => void {
    this.#loggedListeners.add(listener)
    return () => void this.#loggedListeners.delete(listener)
  }

  /** A transaction of this tab left marks. */
  marked(): void {
    if (this.#leads) void this.flush().catch(() => {})
    else this.#channel.post("marked" satisfies Word)
  }

  /** The application opened the database. */
  opened(): void {
    if (this.#leads) void this.flush().catch(() => {})
    this.#announce()
  }

  /** Records were added to the log by this tab. */
  logged(): void {
    this.#channel.post("logged" satisfies Word)
    this.#announce()
  }

  /** Sweeps all journals; only the tab that leads does, others ask it to. Rejects when the disk refuses; tried again by itself. */
  async flush(): Promise<void> {
    if (!this.#leads) {
      this.#channel.post("marked" satisfies Word)
      return
    }
    this.#again = true
    this.#isRunning ??= this.#sweepAll().finally(() => (this.#isRunning = undefined))
    await this.#isRunning
  }

  close(): void {
    this.#stop.abort()
    this.#channel.close()
    this.connection.close()
    this.#readers.clear()
    this.#loggedListeners.clear()
  }

  async #sweepAll(): Promise<void> {
    while (this.#again && !this.#stop.signal.aborted) {
      this.#again = false
      const database = await this.connection.get()
      if (database === undefined) return
      try {
        this.#again = (await sweep(database)) || this.#again
      } catch (cause) {
        this.connection.drop()
        this.#capture.tell({ kind: "fault", database: this.#name, cause })
        this.#capture.clock.after(retryMs, () => void this.flush().catch(() => {}))
        throw cause
      }
      this.logged()
    }
  }

  #heard(word: Word): void {
    if (word === "marked") {
      if (this.#leads) void this.flush().catch(() => {})
    } else this.#announce()
  }

  #announce(): void {
    this.#read()
    for (const listener of this.#loggedListeners) listener()
  }

  #read(): void {
    if (this.#readers.size === 0) return
    this.#readAgain = true
    if (this.#isReading) return
    this.#isReading = true
    this.#readOn()
      .catch((cause: unknown) => {
        this.connection.drop()
        this.#capture.tell({ kind: "fault", database: this.#name, cause })
      })
      .finally(() => (this.#isReading = false))
  }

  async #readOn(): Promise<void> {
    while (this.#readAgain && !this.#stop.signal.aborted) {
      this.#readAgain = false
      const database = await this.connection.get()
      if (database === undefined) return
      await this.#place(database)
      for (;;) {
        const from = Math.min(...[...this.#readers].map(({ at }) => at ?? Number.POSITIVE_INFINITY))
        if (!Number.isFinite(from)) break
        const { numbers, records } = await readLog(database, from, batch)
        for (const [index, record] of records.entries()) this.#hand(numbers[index] ?? 0, record)
        if (records.length < batch) break
      }
    }
  }

  /** Readers that said nothing begin behind what is there. */
  async #place(database: IDBDatabase): Promise<void> {
    const unplaced = [...this.#readers].filter(({ at }) => at === undefined)
    if (unplaced.length === 0) return
    const end = await endOfLog(database)
    for (const reader of unplaced) reader.at = end
  }

  #hand(number: number, record: LogRecord): void {
    const events = eventsOf(this.#name, number, record)
    for (const reader of this.#readers) {
      if (reader.at === undefined || reader.at >= number) continue
      reader.at = number
      try {
        reader.listener(events)
      } catch (cause) {
        this.#capture.tell({ kind: "fault", database: this.#name, cause })
      }
    }
  }
}

export async function readLog(
  database: IDBDatabase,
  after: number,
  limit: number,
): Promise<{ readonly numbers: readonly number[]; readonly records: readonly LogRecord[] }> {
  const log = database.transaction([logStore], "readonly").objectStore(logStore)
  const range = IDBKeyRange.lowerBound(after, true)
  const [numbers, records] = await Promise.all([
    resultOf(log.getAllKeys(range, limit)) as Promise<number[]>,
    resultOf(log.getAll(range, limit)) as Promise<LogRecord[]>,
  ])
  return { numbers, records }
}

export async function endOfLog(database: IDBDatabase): Promise<number> {
  const log = database.transaction([logStore], "readonly").objectStore(logStore)
  const cursor = await resultOf(log.openKeyCursor(null, "prev"))
  return typeof cursor?.key === "number" ? cursor.key : 0
}
