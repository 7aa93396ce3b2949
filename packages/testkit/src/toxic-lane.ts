import type { Socket } from "node:net"

export interface LaneRules {
  readonly latencyMs: number
  readonly bytesPerSecond: number
  readonly resetAfterBytes: number
  readonly held: boolean
}

export interface LaneOptions {
  readonly from: Socket
  readonly to: Socket
  readonly onBytes: (count: number) => void
  /** Called once when `resetAfterBytes` is reached. */
  readonly onReset: () => void
}

interface Chunk {
  readonly bytes: Uint8Array
  readonly arrivedAtMs: number
}

/** Above this the sender is paused: back pressure goes through the proxy as it would without it. */
const maxWaitingBytes = 1 << 20
/** A limited lane writes this often. */
const beatMs = 20

/** One direction of a connection: bytes wait here until the rules let them go, in order. */
export class Lane {
  readonly #options: LaneOptions
  #rules: LaneRules = { latencyMs: 0, bytesPerSecond: Infinity, resetAfterBytes: Infinity, held: true }
  #waiting: Chunk[] = []
  #waitingBytes = 0
  #sentBytes = 0
  #ended = false
  #stopped = false
  #timer: NodeJS.Timeout | undefined
  #lastBeatMs = 0

  constructor(options: LaneOptions) {
    this.#options = options
    const { from, to } = options
    from.on("data", (bytes: Uint8Array) => {
      this.#waiting.push({ bytes, arrivedAtMs: performance.now() })
      this.#waitingBytes += bytes.length
      this.#flow()
    })
    from.once("end", () => {
      this.#ended = true
      this.#flow()
    })
    to.on("drain", () => this.#flow())
  }

  /** New rules, for what waits and for what comes. */
  steer(rules: LaneRules): void {
    this.#rules = rules
    this.#flow()
  }

  /** What still waits is lost, as in a network. */
  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
    this.#waiting = []
    this.#waitingBytes = 0
  }

  #flow(): void {
    if (this.#stopped) return
    clearTimeout(this.#timer)
    const nextMs = this.#rules.held ? undefined : this.#send()
    if (this.#stopped) return
    if (this.#waitingBytes > maxWaitingBytes || this.#rules.held) this.#options.from.pause()
    else this.#options.from.resume()
    if (nextMs !== undefined) this.#timer = setTimeout(() => this.#flow(), nextMs)
    if (this.#ended && this.#waiting.length === 0 && !this.#rules.held) this.#options.to.end()
  }

  /** Writes what may go now; gives the milliseconds until more may, or undefined when nothing waits for time. */
  #send(): number | undefined {
    const { latencyMs, bytesPerSecond, resetAfterBytes } = this.#rules
    const nowMs = performance.now()
    let budget = this.#budget(nowMs, bytesPerSecond)
    for (let chunk = this.#waiting[0]; chunk !== undefined; chunk = this.#waiting[0]) {
      const dueInMs = chunk.arrivedAtMs + latencyMs - nowMs
      if (dueInMs > 0) return dueInMs
      if (this.#options.to.writableNeedDrain) return undefined
      const count = Math.min(chunk.bytes.length, budget, resetAfterBytes - this.#sentBytes)
      if (count > 0) this.#write(chunk, count)
      budget -= count
      if (this.#sentBytes >= resetAfterBytes) {
        // What was written reaches the other side before the reset does.
        this.stop()
        this.#options.to.write(new Uint8Array(), () => this.#options.onReset())
        return undefined
      }
      if (budget <= 0) return beatMs
    }
    return undefined
  }

  #write(chunk: Chunk, count: number): void {
    this.#options.to.write(chunk.bytes.subarray(0, count))
    this.#options.onBytes(count)
    this.#sentBytes += count
    this.#waitingBytes -= count
    if (count === chunk.bytes.length) this.#waiting.shift()
    else this.#waiting[0] = { bytes: chunk.bytes.subarray(count), arrivedAtMs: chunk.arrivedAtMs }
  }

  /** Bytes that may go now under a limit; never more than two beats' worth at once. */
  #budget(nowMs: number, bytesPerSecond: number): number {
    if (bytesPerSecond === Infinity) return Infinity
    const sinceMs = Math.min(nowMs - this.#lastBeatMs, 2 * beatMs)
    const budget = Math.floor((sinceMs / 1000) * bytesPerSecond)
    if (budget > 0) this.#lastBeatMs = nowMs
    return budget
  }
}
