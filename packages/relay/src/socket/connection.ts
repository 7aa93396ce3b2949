import type { Duplex } from "node:stream"
import { type Clock, type Log, MillraceError, type Timer } from "@millrace/ports"
import { closeCodeOf } from "@millrace/protocol"
import type { WebSocket } from "ws"
import { type Claims, expired } from "../access/token.ts"
import type { Guard } from "../guard/guard.ts"
import type { Limits } from "../limits.ts"
import type { Metrics } from "../metrics/metrics.ts"
import { Outbox, type Source } from "./outbox.ts"
import type { Outlet } from "./outlet.ts"
import { binaryWire, pingWire, type Wire, wireBytes } from "./wire.ts"

export interface ConnectionOptions {
  readonly socket: WebSocket
  /** The socket below it, as the upgrade gave it. */
  readonly stream: Duplex
  readonly outlet: Outlet
  readonly claims: Claims
  readonly clock: Clock
  readonly log: Log
  readonly limits: Limits
  readonly guard: Guard
  readonly metrics: Metrics
  /** One whole WebSocket message. What it throws ends the connection. */
  onMessage(bytes: Uint8Array): void
  /** Says why, in the peer's protocol, before the close frame. */
  sayGoodbye?(error: MillraceError): void
  /** Called once, whoever ended it. */
  onEnd(): void
}

/** How long a peer has to take the close frame. */
const closeGraceMs = 2000
/** Timers hold 31 bits of milliseconds: a farther expiry is looked at again after this. */
const maxTimerMs = 86_400_000
/** Bytes of large answers that may be on their way; a ping behind each `bulkStepBytes` of them tells how far the other side is. */
const bulkWindowBytes = 1_048_576
const bulkStepBytes = 131_072
/** Close reasons have 123 bytes. */
const maxReasonChars = 120

/**
 * One socket: its liveness, its token's expiry, its way out, and its end, which is idempotent.
 *
 * Rooms keep what waits for their peers; what is sent here waits beside that and is bounded: beyond `maxBufferedBytes` the socket is dropped with
 * a code that asks to come back.
 */
export class Connection {
  readonly #options: ConnectionOptions
  #heard = true
  #ended = false
  #ending = false
  readonly #outbox: Outbox
  #bulkBytes = 0
  #bulkPingedBytes = 0
  #bulkArrivedBytes = 0
  /** Sources that wait for what is on its way. */
  readonly #held = new Set<Source>()
  #pingTimer: Timer | undefined
  #expiryTimer: Timer | undefined
  #holds = 0
  #claims: Claims
  #deaf = false

  constructor(options: ConnectionOptions) {
    this.#options = options
    this.#claims = options.claims
    const { socket, stream, outlet, metrics } = options
    this.#outbox = new Outbox({
      stream,
      outlet,
      metrics,
      isOpen: () => socket.readyState === socket.OPEN,
      onDrain: () => (this.#heard = true),
    })
    socket.binaryType = "nodebuffer"
    socket.on("message", (data: Buffer) => this.#receive(data))
    socket.on("pong", (data: Buffer) => this.#ponged(data))
    socket.on("error", (error) => options.log.debug("socket error", { reason: error.message }))
    socket.on("close", () => this.#finish())
  }

  /** Begins to watch liveness and expiry; called once, when whoever uses the connection is ready for its end. */
  start(): void {
    this.#pingLater()
    this.#checkExpiry()
  }

  /** Ends it without a goodbye that nobody would read. */
  terminate(): void {
    this.#finish()
    this.#options.socket.terminate()
  }

  /** What the token in force says. */
  get claims(): Claims {
    return this.#claims
  }

  /** A newer token of the same subject is in force from now on. */
  renew(claims: Claims): void {
    this.#claims = claims
    this.#expiryTimer?.cancel()
    this.#checkExpiry()
  }

  /** Takes nothing more from the peer; what was taken is still acknowledged. */
  stopTaking(): void {
    this.#deaf = true
  }

  get ended(): boolean {
    return this.#ended
  }

  /** Bytes that wait in this process for the socket, beside what rooms keep. */
  get bufferedBytes(): number {
    return this.#outbox.bufferedBytes
  }

  /** Goes out before what rooms keep. */
  send(bytes: Uint8Array): void {
    if (this.#ended) return
    if (this.#outbox.bufferedBytes > this.#options.limits.maxBufferedBytes) {
      this.#options.metrics.slowConsumers.add()
      return this.end(
        new MillraceError("Too much waited for this socket; reconnect.", { kind: "unavailable", retry: "now" }),
      )
    }
    this.#outbox.push(binaryWire(bytes))
  }

  /** Sends and resolves once the bytes have left this process, or the connection has ended. */
  sendAndDrain(bytes: Uint8Array): Promise<void> {
    if (this.#ended) return Promise.resolve()
    this.#outbox.push(binaryWire(bytes))
    return this.#outbox.drained()
  }

  /** Writes what waits now and does not wait for the end of the turn. */
  flush(): void {
    this.#outbox.flush()
  }

  /** The source is asked for what it has once the socket can take it. */
  wake(source: Source): void {
    if (!this.#ended) this.#outbox.wake(source)
  }

  forget(source: Source): void {
    this.#outbox.forget(source)
    this.#held.delete(source)
  }

  /** For sources, while they give. `bulk`: a piece of a large answer, given only where `takesBulk` allows it. */
  give(wire: Wire, bulk: boolean): void {
    this.#outbox.give(wire)
    if (!bulk) return
    this.#bulkBytes += wireBytes(wire)
    if (this.#bulkBytes - this.#bulkPingedBytes < bulkStepBytes) return
    this.#bulkPingedBytes = this.#bulkBytes
    this.#outbox.give(pingWire(Buffer.from(`bulk ${this.#bulkBytes}`)))
  }

  /**
   * Whether more of a large answer may go on its way. Where not, the source is asked again once the other side has taken some: the
   * kernel would buffer megabytes, and pings, acknowledgements and the edits of others would queue up behind them for as long as a slow link needs.
   */
  takesBulk(source: Source): boolean {
    if (this.#bulkBytes - this.#bulkArrivedBytes < bulkWindowBytes) return true
    this.#held.add(source)
    return false
  }

  /** Ends it, telling the peer the kind by its close code. */
  end(error: MillraceError): void {
    if (this.#ended || this.#ending) return
    // Saying goodbye is sending, and sending may be what brought us here.
    this.#ending = true
    // What rooms have to tell, such as what is durable, comes before.
    this.#outbox.flush()
    this.#options.sayGoodbye?.(error)
    this.close(closeCodeOf(error.kind), error.message)
  }

  /** Ends it because the relay stops: says when to come back, and closes with 1012, service restart. */
  dismiss(error: MillraceError): void {
    if (this.#ended) return
    this.#outbox.flush()
    this.#options.sayGoodbye?.(error)
    this.close(1012, error.message)
  }

  close(code: number, reason: string): void {
    if (this.#ended) return
    this.#outbox.finish()
    this.#finish()
    const { socket, clock, log } = this.#options
    log.info("socket closed", { code, reason })
    socket.close(code, reason.slice(0, maxReasonChars).replaceAll(/[^\x20-\x7e]/g, "?"))
    clock.after(closeGraceMs, () => socket.terminate())
  }

  /** Reads nothing more until the promise settles. */
  holdUntil(ready: Promise<void>): void {
    this.#holds += 1
    this.#options.socket.pause()
    const release = (): void => {
      this.#holds -= 1
      if (this.#holds === 0) this.#options.socket.resume()
    }
    void ready.then(release, release)
  }

  #receive(data: Buffer): void {
    if (this.#ended || this.#deaf) return
    this.#heard = true
    const { guard, metrics } = this.#options
    metrics.framesIn.add()
    metrics.bytesIn.add(data.length)
    try {
      guard.passUser(this.#claims.subject, data.length)
      this.#options.onMessage(data)
    } catch (thrown) {
      if (!(thrown instanceof MillraceError)) {
        this.#options.log.error("message failed", {
          reason: thrown instanceof Error ? (thrown.stack ?? "") : "unknown",
        })
      }
      this.end(
        thrown instanceof MillraceError ? thrown : new MillraceError("The relay failed; reconnect.", { kind: "bug" }),
      )
    }
  }

  #ponged(data: Buffer): void {
    this.#heard = true
    const arrived = Number(/^bulk (\d{1,15})$/.exec(data.toString("latin1"))?.[1] ?? 0)
    if (arrived > this.#bulkPingedBytes || arrived <= this.#bulkArrivedBytes) return
    this.#bulkArrivedBytes = arrived
    const held = [...this.#held]
    this.#held.clear()
    for (const source of held) this.#outbox.wake(source)
  }

  #pingLater(): void {
    this.#pingTimer = this.#options.clock.after(this.#options.limits.pingMs, () => {
      if (!this.#heard) {
        // Nothing answers: a close frame would not arrive either.
        return this.terminate()
      }
      this.#heard = false
      this.#outbox.push(pingWire(new Uint8Array(0)))
      this.#pingLater()
    })
  }

  #checkExpiry(): void {
    const leftMs = this.#claims.expiresAtMs - this.#options.clock.nowMs()
    if (leftMs <= 0) return this.end(expired())
    this.#expiryTimer = this.#options.clock.after(Math.min(leftMs, maxTimerMs), () => this.#checkExpiry())
  }

  #finish(): void {
    if (this.#ended) return
    this.#ended = true
    this.#pingTimer?.cancel()
    this.#expiryTimer?.cancel()
    this.#options.onEnd()
  }
}
