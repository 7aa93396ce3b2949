import type { Duplex } from "node:stream"
import type { Metrics } from "../metrics/metrics.ts"
import type { Outlet } from "./outlet.ts"
import { type Wire, wireBytes } from "./wire.ts"

/** Something that has frames for a socket and keeps them until the socket can take them. */
export interface Source {
  /** Puts at most about `maxBytes` into the outbox; whether more waits that could go now. */
  give(maxBytes: number): boolean
}

export interface OutboxOptions {
  /** The socket of the upgrade. The WebSocket library writes whole frames to it too: pongs and the close frame. */
  readonly stream: Duplex
  readonly outlet: Outlet
  readonly metrics: Metrics
  /** False once a close frame has been sent: nothing may follow it. */
  isOpen(): boolean
  /** Called when the socket has taken everything that it was given: the other side reads. */
  onDrain(): void
}

/** Bytes of one write; what is more follows in the next. */
const writeBytes = 262_144
/** Bytes a flush; other sockets get their turn before the rest. */
const flushBytes = 1_048_576
/** Pieces up to this are joined to one. */
const joinBytes = 65_536

/**
 * What waits for one socket. Little is handed to the socket while it is not taken away, so that what still waits here, or at its sources, can be
 * dropped or replaced by something newer.
 */
export class Outbox {
  readonly #options: OutboxOptions
  readonly #wake: () => void
  readonly #sources = new Set<Source>()
  /** Frames that come before those of sources, in order. */
  #frames: Uint8Array[] = []
  #count = 0
  #bytes = 0
  #gathered = 0
  #finished = false
  #drained: (() => void)[] = []

  constructor(options: OutboxOptions) {
    this.#options = options
    this.#wake = options.outlet.register({ flush: () => this.flush() })
    options.stream.on("drain", () => {
      options.onDrain()
      this.#wake()
    })
    options.stream.once("close", () => this.#tellDrained())
  }

  /** Bytes that wait here or in the socket; what sources hold is not counted. */
  get bufferedBytes(): number {
    return this.#bytes + this.#options.stream.writableLength
  }

  /** Goes out before whatever sources give from now on. */
  push(wire: Wire): void {
    this.#add(wire)
    this.#wake()
  }

  /** Called by sources while they give. */
  give(wire: Wire): void {
    this.#add(wire)
  }

  wake(source: Source): void {
    this.#sources.add(source)
    this.#wake()
  }

  forget(source: Source): void {
    this.#sources.delete(source)
  }

  /** Resolves once all that was pushed has left this process, or never will. */
  drained(): Promise<void> {
    if (this.#isEmpty) return Promise.resolve()
    return new Promise((resolve) => this.#drained.push(resolve))
  }

  /** Writes what the socket takes, and comes back with how many frames that was. */
  flush(): number {
    const { stream } = this.#options
    const before = this.#gathered
    let left = flushBytes
    while (!stream.writableNeedDrain && left > 0 && this.#isOpen) {
      this.#pull()
      if (this.#bytes === 0) break
      left -= this.#bytes
      this.#write()
    }
    if (left <= 0 && !stream.writableNeedDrain) this.#wake()
    if (this.#isEmpty) this.#tellDrained()
    return this.#gathered - before
  }

  /** Writes what was pushed and what sources give at once, whether or not the socket takes it away; nothing goes out afterwards. */
  finish(): void {
    this.flush()
    if (this.#bytes > 0 && this.#isOpen) this.#write()
    this.#finished = true
    this.#sources.clear()
    this.#tellDrained()
  }

  get #isOpen(): boolean {
    return !this.#finished && this.#options.stream.writable && this.#options.isOpen()
  }

  get #isEmpty(): boolean {
    const { stream } = this.#options
    return stream.destroyed || this.#finished || (this.#bytes === 0 && stream.writableLength === 0)
  }

  #pull(): void {
    for (const source of Array.from(this.#sources)) {
      if (this.#bytes >= writeBytes) return
      // Before it gives: it may wake while it does.
      this.#sources.delete(source)
      if (source.give(writeBytes - this.#bytes)) this.#sources.add(source)
    }
  }

  #write(): void {
    const { stream, metrics } = this.#options
    const frames = this.#frames
    const bytes = this.#bytes
    metrics.framesOut.add(this.#count)
    metrics.bytesOut.add(bytes)
    this.#frames = []
    this.#bytes = 0
    this.#count = 0
    const [only] = frames
    if (frames.length === 1 && only !== undefined) stream.write(only)
    else if (bytes <= joinBytes) stream.write(Buffer.concat(frames, bytes))
    else {
      stream.cork()
      for (const frame of frames) stream.write(frame)
      stream.uncork()
    }
  }

  #add(wire: Wire): void {
    for (const piece of wire) this.#frames.push(piece)
    this.#count += 1
    this.#gathered += 1
    this.#bytes += wireBytes(wire)
  }

  #tellDrained(): void {
    const drained = this.#drained
    this.#drained = []
    for (const resolve of drained) resolve()
  }
}
