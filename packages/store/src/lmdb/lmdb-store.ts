import { setImmediate as nextTurn } from "node:timers/promises"
import { crc32 } from "node:zlib"
import { asMillraceError, type Clock, MillraceError } from "@millrace/ports"
import type { HistoryEntry, Lease, NewEntry, Snapshot, Store, StoredEntry, StreamHead } from "../store.ts"
import { asBuffer, type Driver, inBatch, type StoreStep } from "./driver.ts"
import { Leases } from "./leases.ts"
import type { Tables } from "./open.ts"
import { decodeEntryRow, encodeEntryRow, entryKey, headKey, partKey, streamIdOf } from "./rows.ts"
import { Snapshots } from "./snapshots.ts"
import { Trims } from "./trims.ts"

export interface LmdbStoreParts {
  readonly tables: Tables
  /** For messages. */
  readonly folder: string
  readonly partBytes: number
  readonly clock: Clock
  readonly onStep: (step: StoreStep) => void
}

/** One call of `append` that waits for its commit. */
interface Waiting {
  readonly stream: string
  readonly entries: readonly NewEntry[]
  readonly expectedSeq: number | undefined
  resolve(seq: number): void
  reject(error: MillraceError): void
}

interface Watcher {
  readonly prefix: string
  readonly listener: (head: StreamHead) => void
}

/** How much one turn of the event loop reads before others get theirs. */
const readTurnBytes = 1_048_576

/**
 * Streams in one LMDB folder.
 *
 * Commits form groups by themselves: while one is being flushed, calls gather, and the next commit takes them all. The head's row
 * carries the last seq as its version, and every append is conditional on it inside the write transaction, so that
 * two processes on one folder cannot give one seq twice.
 */
export class LmdbStore implements Store {
  readonly #tables: Tables
  readonly #folder: string
  readonly #partBytes: number
  readonly #watchers = new Set<Watcher>()
  readonly #snapshots: Snapshots
  readonly #trims: Trims
  readonly #leases: Leases
  readonly #underWay = new Set<Promise<unknown>>()
  readonly #onStep: (step: StoreStep) => void
  #waiting: Waiting[] = []
  #committing: Promise<void> | undefined
  #closed = false

  constructor({ tables, folder, partBytes, clock, onStep }: LmdbStoreParts) {
    this.#tables = tables
    this.#folder = folder
    this.#partBytes = partBytes
    this.#onStep = onStep
    const driver: Driver = {
      tables,
      partBytes,
      clock,
      refuseWhenClosed: () => this.#refuseWhenClosed(),
      guarded: (task) => this.#guarded(task),
      written: (done) => this.#written(done),
      tracked: (task) => this.#tracked(task),
      step: onStep,
    }
    this.#snapshots = new Snapshots(driver)
    this.#trims = new Trims(driver)
    this.#leases = new Leases(driver)
  }

  append(stream: string, entries: readonly NewEntry[], expectedSeq?: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#refuseWhenClosed()
      headKey(stream)
      if (entries.length === 0) throw new MillraceError("An append has at least one entry.", { kind: "invalid" })
      this.#waiting.push({ stream, entries, expectedSeq, resolve, reject })
      this.#committing ??= this.#commitAll()
    })
  }

  async *read(stream: string, afterSeq: number): AsyncIterable<StoredEntry> {
    const last = await this.head(stream)
    const streamId = streamIdOf(stream)
    let turnBytes = 0
    for (let seq = afterSeq + 1; seq <= last; seq++) {
      this.#refuseWhenClosed()
      const entry = this.#entry(stream, streamId, seq)
      turnBytes += entry.payload.length + 100
      yield entry
      if (turnBytes > readTurnBytes) {
        turnBytes = 0
        await nextTurn()
      }
    }
  }

  async head(stream: string): Promise<number> {
    this.#refuseWhenClosed()
    return this.#guarded(() => this.#headNow(headKey(stream)))
  }

  async *streams(prefix: string): AsyncIterable<StreamHead> {
    this.#refuseWhenClosed()
    const start = Buffer.from(prefix, "utf8")
    // Rows are copied first: a range must not stay open while the caller is away.
    const found = this.#guarded(() => {
      const heads: StreamHead[] = []
      for (const row of this.#tables.heads.getRange({
        start: start.length === 0 ? Buffer.from([0]) : start,
        versions: true,
      })) {
        const stream = row.key.toString("utf8")
        if (!stream.startsWith(prefix)) break
        heads.push({ stream, seq: row.version ?? 0 })
      }
      return heads
    })
    yield* found
  }

  async snapshot(stream: string, seq: number, payload: Uint8Array): Promise<void> {
    this.#refuseWhenClosed()
    await this.#tracked(async () => this.#snapshots.write(stream, await this.head(stream), seq, payload))
  }

  async readSnapshot(stream: string): Promise<Snapshot | undefined> {
    this.#refuseWhenClosed()
    return this.#tracked(() => this.#snapshots.read(stream))
  }

  async trim(stream: string, uptoSeq: number): Promise<number> {
    this.#refuseWhenClosed()
    return this.#tracked(() => this.#trims.trim(stream, this.#snapshots.seq(stream), uptoSeq))
  }

  async trimmed(stream: string): Promise<number> {
    this.#refuseWhenClosed()
    return this.#trims.trimmed(stream)
  }

  async history(stream: string, afterSeq: number, limit: number): Promise<readonly HistoryEntry[]> {
    const head = await this.head(stream)
    return this.#trims.history(stream, afterSeq, Math.min(head, afterSeq + limit))
  }

  async acquire(name: string, owner: string, ttlMs: number): Promise<Lease> {
    this.#refuseWhenClosed()
    return this.#tracked(() => this.#leases.acquire(name, owner, ttlMs))
  }

  watch(prefix: string, listener: (head: StreamHead) => void): () => void {
    const watcher = { prefix, listener }
    this.#watchers.add(watcher)
    return () => void this.#watchers.delete(watcher)
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.#committing
    await Promise.allSettled(this.#underWay)
    this.#watchers.clear()
    await this.#tables.root.close()
  }

  async #commitAll(): Promise<void> {
    // What was called in the same turn belongs to the same commit.
    await Promise.resolve()
    while (this.#waiting.length > 0) {
      const group = this.#waiting
      this.#waiting = []
      try {
        const beaten = await this.#commit(group)
        this.#waiting = [...beaten, ...this.#waiting]
      } catch (cause) {
        // Calls that were answered already do not hear this.
        for (const call of group) call.reject(this.#storageError(cause))
      }
    }
    this.#committing = undefined
  }

  /** One commit and one flush for all; returns the calls that another process overtook and that may try again. */
  async #commit(group: readonly Waiting[]): Promise<readonly Waiting[]> {
    this.#onStep("append")
    const heads = new Map<string, number>()
    const written: { readonly call: Waiting; readonly seq: number; readonly done: Promise<boolean> }[] = []
    for (const call of group) {
      try {
        // Where the seq is expected the write itself is conditional on it, so nobody needs to read it first.
        const head = heads.get(call.stream) ?? call.expectedSeq ?? this.#headNow(headKey(call.stream))
        if (call.expectedSeq !== undefined && call.expectedSeq !== head) {
          call.reject(overtaken(call, head))
          continue
        }
        const seq = head + call.entries.length
        written.push({ call, seq, done: this.#write(call, head) })
        heads.set(call.stream, seq)
      } catch (cause) {
        call.reject(this.#storageError(cause))
      }
    }
    const outcomes = await Promise.allSettled(written.map((one) => one.done))
    this.#onStep("appended")
    const beaten: Waiting[] = []
    const grown = new Map<string, number>()
    for (const [index, { call, seq }] of written.entries()) {
      const outcome = outcomes[index]
      if (outcome?.status === "fulfilled" && outcome.value) {
        grown.set(call.stream, seq)
        call.resolve(seq)
      } else if (outcome?.status === "rejected") {
        call.reject(this.#storageError(await reasonOf(outcome.reason)))
      } else if (call.expectedSeq === undefined) {
        beaten.push(call)
      } else {
        call.reject(overtaken(call, undefined))
      }
    }
    for (const [stream, seq] of grown) this.#tell({ stream, seq })
    return beaten
  }

  #write(call: Waiting, head: number): Promise<boolean> {
    const { heads, entries, parts } = this.#tables
    const key = headKey(call.stream)
    const streamId = streamIdOf(call.stream)
    const last = head + call.entries.length
    const writeAll = (): void => {
      call.entries.forEach((entry, index) => {
        const seq = head + 1 + index
        const count = Math.ceil(entry.payload.length / this.#partBytes)
        for (let part = 0; part < count; part++) {
          const at = part * this.#partBytes
          inBatch(parts.put(partKey(streamId, seq, part), asBuffer(entry.payload.subarray(at, at + this.#partBytes))))
        }
        const { generation, author, timeMs, payload } = entry
        const row = { generation, author, timeMs, bytes: payload.length, parts: count, checksum: crc32(payload) }
        inBatch(entries.put(entryKey(streamId, seq), encodeEntryRow(row)))
      })
      inBatch(heads.put(key, Buffer.from([1]), last))
    }
    return head === 0 ? heads.ifNoExists(key, writeAll) : heads.ifVersion(key, head, writeAll)
  }

  #entry(stream: string, streamId: Buffer, seq: number): StoredEntry {
    return this.#guarded(() => {
      const bytes = this.#tables.entries.get(entryKey(streamId, seq))
      if (bytes === undefined) throw damaged(stream, seq)
      const { generation, author, timeMs, bytes: length, parts, checksum, trimmed } = decodeEntryRow(bytes)
      if (trimmed) throw trimmedAway(stream, seq)
      const pieces: Buffer[] = []
      for (let part = 0; part < parts; part++) {
        const piece = this.#tables.parts.get(partKey(streamId, seq, part))
        if (piece === undefined) throw damaged(stream, seq)
        pieces.push(piece)
      }
      const first = pieces[0]
      const payload = pieces.length === 1 && first !== undefined ? first : Buffer.concat(pieces)
      if (payload.length !== length || crc32(payload) !== checksum) throw damaged(stream, seq)
      return { seq, generation, author, timeMs, payload }
    })
  }

  #headNow(key: Buffer): number {
    return this.#tables.heads.getEntry(key)?.version ?? 0
  }

  #tell(head: StreamHead): void {
    for (const watcher of this.#watchers) {
      if (head.stream.startsWith(watcher.prefix)) watcher.listener(head)
    }
  }

  #guarded<T>(task: () => T): T {
    try {
      return task()
    } catch (cause) {
      throw this.#storageError(cause)
    }
  }

  async #written(done: Promise<boolean>): Promise<boolean> {
    try {
      return await done
    } catch (cause) {
      throw this.#storageError(await reasonOf(cause))
    }
  }

  /** `close` waits for it. */
  async #tracked<T>(task: () => Promise<T>): Promise<T> {
    const done = task()
    this.#underWay.add(done)
    try {
      return await done
    } finally {
      this.#underWay.delete(done)
    }
  }

  #storageError(cause: unknown): MillraceError {
    const wrapped = asMillraceError(cause, "storage", { afterMs: 5000 })
    if (wrapped === cause) return wrapped
    return new MillraceError(
      `The store in ${this.#folder} failed (${wrapped.message}); check its disk and its limit.`,
      {
        kind: "storage",
        retry: { afterMs: 5000 },
        cause,
      },
    )
  }

  #refuseWhenClosed(): void {
    if (this.#closed) throw new MillraceError("The store is closed; open it again.", { kind: "closed" })
  }
}

function overtaken(call: Waiting, head: number | undefined): MillraceError {
  const found = head === undefined ? "another writer was first" : `it is ${head}`
  return new MillraceError(
    `The last seq of ${call.stream} should be ${call.expectedSeq}, but ${found}; read the stream again before writing.`,
    { kind: "conflict", retry: "now" },
  )
}

function trimmedAway(stream: string, seq: number): MillraceError {
  return new MillraceError(`Entry ${seq} of ${stream} was trimmed; read the snapshot, then what follows it.`, {
    kind: "not-found",
    retry: "now",
  })
}

function damaged(stream: string, seq: number): MillraceError {
  return new MillraceError(`Entry ${seq} of ${stream} is damaged; restore the folder from a copy.`, { kind: "corrupt" })
}

/** The driver rejects with a general error first and tells the system's own in a promise on it. */
async function reasonOf(reason: unknown): Promise<unknown> {
  if (!(reason instanceof Error && "commitError" in reason && reason.commitError instanceof Promise)) return reason
  const cause: Promise<unknown> = reason.commitError
  return Promise.race([cause.catch((error: unknown) => error), nextTurn(reason)])
}
