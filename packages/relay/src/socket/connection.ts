import { type Clock, type Log, MillraceError, type Timer } from "@millrace/ports"
import { closeCodeOf } from "@millrace/protocol"
import type { WebSocket } from "ws"
import { type Claims, expired } from "../access/token.ts"
import type { Guard } from "../guard/guard.ts"
import type { Limits } from "../limits.ts"
import type { Metrics } from "../metrics/metrics.ts"

export interface ConnectionOptions {
  readonly socket: WebSocket
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
/** Close reasons have 123 bytes. */
const maxReasonChars = 120

/**
 * One socket: its liveness, its token's expiry, what waits to be sent, and its end.
 *
 * What waits is bounded: beyond `maxBufferedBytes`, not counting answers to a joiner, the socket is dropped with a code that asks to
 * come back. Idempotent in its end.
 */
export class Connection {
  readonly #options: ConnectionOptions
  #heard = true
  #ended = false
  #ending = false
  /** Bytes of joiners' answers that may be waiting besides the limit. */
  #allowanceBytes = 0
  #pingTimer: Timer | undefined
  #expiryTimer: Timer | undefined
  #holds = 0
  #claims: Claims
  #deaf = false

  constructor(options: ConnectionOptions) {
    this.#options = options
    this.#claims = options.claims
    const { socket } = options
    socket.binaryType = "nodebuffer"
    socket.on("message", (data: Buffer) => this.#receive(data))
    socket.on("pong", () => (this.#heard = true))
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

  get bufferedBytes(): number {
    return this.#options.socket.bufferedAmount
  }

  /** `whole`: an answer to a joiner, which may wait besides the limit. */
  send(bytes: Uint8Array, whole: boolean): void {
    if (this.#ended) return
    const { socket, limits } = this.#options
    if (socket.bufferedAmount < limits.maxBufferedBytes) this.#allowanceBytes = 0
    if (whole) this.#allowanceBytes += bytes.length
    else if (socket.bufferedAmount > limits.maxBufferedBytes + this.#allowanceBytes) {
      this.#options.metrics.slowConsumers.add()
      return this.end(
        new MillraceError("Too much waited for this socket; reconnect.", { kind: "unavailable", retry: "now" }),
      )
    }
    this.#count(bytes)
    socket.send(bytes)
  }

  /** Sends and resolves once the bytes have left this process, or the connection has ended. */
  sendAndDrain(bytes: Uint8Array): Promise<void> {
    if (this.#ended) return Promise.resolve()
    this.#count(bytes)
    return new Promise((resolve) => this.#options.socket.send(bytes, () => resolve()))
  }

  /** Ends it, telling the peer the kind by its close code. */
  end(error: MillraceError): void {
    if (this.#ended || this.#ending) return
    // Saying goodbye is sending, and sending may be what brought us here.
    this.#ending = true
    this.#options.sayGoodbye?.(error)
    this.close(closeCodeOf(error.kind), error.message)
  }

  /** Ends it because the relay stops: says when to come back, and closes with 1012, service restart. */
  dismiss(error: MillraceError): void {
    if (this.#ended) return
    this.#options.sayGoodbye?.(error)
    this.close(1012, error.message)
  }

  close(code: number, reason: string): void {
    if (this.#ended) return
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

  #count(bytes: Uint8Array): void {
    this.#options.metrics.framesOut.add()
    this.#options.metrics.bytesOut.add(bytes.length)
  }

  #pingLater(): void {
    this.#pingTimer = this.#options.clock.after(this.#options.limits.pingMs, () => {
      if (!this.#heard) {
        // Nothing answers: a close frame would not arrive either.
        return this.terminate()
      }
      this.#heard = false
      this.#options.socket.ping()
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
