import { asMillraceError, jitteredDelayMs, MillraceError, type Timer } from "@millrace/ports"
import type { Channel } from "../relay/channel.ts"
import type { Closable, FollowOptions, LogEntry } from "./api.ts"
import { nodeLease } from "./ports.ts"
import { type SnapshotMessage, SnapshotPieces } from "./snapshot-pieces.ts"

const defaultMaxBufferedBytes = 16 * 1024 * 1024
const baseDelayMs = 200
const maxDelayMs = 10_000

type Item =
  | { readonly type: "entry"; readonly entry: LogEntry }
  | { readonly type: "caughtUp"; readonly seq: number; readonly generation: number }

/** Follows a workspace's durable update log: each entry once and in order, over any number of connections. */
export function followLog(options: FollowOptions): Closable {
  return new LogFollower(options)
}

class LogFollower implements Closable {
  readonly #options: FollowOptions
  readonly #lease: ReturnType<typeof nodeLease>
  readonly #maxBufferedBytes: number
  #pieces: SnapshotPieces | undefined
  #channel: Channel | undefined
  #timer: Timer | undefined
  #queue: Item[] = []
  #bufferedBytes = 0
  #lastSeq: number
  #generation: number
  #attempt = 0
  #draining = false
  #paused = false
  #closed = false

  constructor(options: FollowOptions) {
    this.#options = options
    this.#maxBufferedBytes = options.maxBufferedBytes ?? defaultMaxBufferedBytes
    this.#lastSeq = options.afterSeq
    this.#generation = options.generation
    this.#lease = nodeLease(options)
    this.#open()
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#timer?.cancel()
    this.#channel?.close()
    this.#queue = []
    this.#lease.release()
  }

  #open(): void {
    if (this.#closed) return
    this.#channel = this.#lease.relay.openChannel(
      {
        workspace: this.#options.workspace,
        mode: "log",
        position: () => ({ generation: this.#generation, afterSeq: this.#lastSeq }),
      },
      {
        opened: ({ generation }) => {
          this.#generation = generation
          this.#pieces = undefined
        },
        entry: ({ seq, generation, author, timeMs, update }) => this.#take({ seq, generation, author, timeMs, update }),
        snapshot: (message) => this.#takePiece(message),
        caughtUp: ({ seq }) => this.#push({ type: "caughtUp", seq, generation: this.#generation }),
        closed: (error) => this.#lost(error),
      },
    )
  }

  #takePiece(message: SnapshotMessage): void {
    // What was sent before the channel was given back is asked for again.
    if (this.#paused || this.#closed) return
    this.#pieces ??= new SnapshotPieces()
    const update = this.#pieces.add(message)
    if (update === undefined) return
    this.#pieces = undefined
    const { seq, holdsSeq, generation, author, timeMs } = message
    this.#take({ seq, generation, author, timeMs, update, holdsSeq })
  }

  #take(entry: LogEntry): void {
    const { seq, update } = entry
    if (this.#paused || this.#closed) return
    // A relay that repeats what it sent before a resume costs nothing; one that leaves something out cannot be seen here.
    if (seq <= this.#lastSeq) return
    if (this.#queue.length > 0 && this.#bufferedBytes + update.length > this.#maxBufferedBytes) return this.#pause()
    this.#attempt = 0
    this.#lastSeq = seq
    this.#bufferedBytes += update.length
    this.#push({ type: "entry", entry })
  }

  /** The channel is given back until the buffer is empty; what it still carries is asked for again then. */
  #pause(): void {
    this.#paused = true
    this.#channel?.close()
    this.#channel = undefined
  }

  #push(item: Item): void {
    // Of several in a row, from connections that came and went, the last says it all.
    if (item.type === "caughtUp" && this.#queue.at(-1)?.type === "caughtUp") this.#queue.pop()
    this.#queue.push(item)
    if (!this.#draining) void this.#drain()
  }

  async #drain(): Promise<void> {
    this.#draining = true
    try {
      for (let item = this.#queue.shift(); item !== undefined && !this.#closed; item = this.#queue.shift()) {
        if (item.type === "caughtUp") {
          await this.#options.onCaughtUp?.({ seq: item.seq, generation: item.generation })
          continue
        }
        this.#bufferedBytes -= item.entry.update.length
        await this.#options.onEntry(item.entry)
      }
    } catch (thrown) {
      this.#fail(asMillraceError(thrown, "bug"))
      return
    } finally {
      this.#draining = false
    }
    if (!this.#paused || this.#closed) return
    this.#paused = false
    this.#open()
  }

  #lost(error: MillraceError): void {
    this.#channel = undefined
    if (this.#closed) return
    if (error.retry === "never") return this.#fail(error)
    this.#options.onError?.(error)
    const { clock, random } = this.#lease
    const hintMs = typeof error.retry === "object" ? error.retry.afterMs : 0
    const delayMs = hintMs + jitteredDelayMs(random, this.#attempt, baseDelayMs, maxDelayMs)
    this.#attempt += 1
    this.#timer = clock.after(delayMs, () => this.#open())
  }

  #fail(error: MillraceError): void {
    if (this.#closed) return
    this.close()
    const permanent =
      error.retry === "never" ? error : new MillraceError(error.message, { kind: error.kind, cause: error })
    this.#options.onError?.(permanent)
  }
}
