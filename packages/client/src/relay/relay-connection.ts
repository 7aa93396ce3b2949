import {
  asMillraceError,
  type Clock,
  jitteredDelayMs,
  type Log,
  messageOf,
  MillraceError,
  type Random,
  type Timer,
} from "@millrace/ports"
import { type ClientMessage, isPermanentCloseCode, type ServerMessage } from "@millrace/protocol"
import type { SocketConstructor, TokenSource } from "../options.ts"
import type { Channel, ChannelHandlers, ChannelRequest } from "./channel.ts"
import { errorOfClose } from "./close-error.ts"
import { Framing } from "./framing.ts"
import { LiveSocket } from "./live-socket.ts"
import type { RelayLink, StateWatcher } from "./relay-link.ts"
import { nextSocketState, type SocketEvent, type SocketState } from "./socket-state.ts"
import { TokenRenewal } from "./token-renewal.ts"

export interface FeedHandlers {
  item(message: Extract<ServerMessage, { type: "feed" }>): void
  connected(): void
  closed(error: MillraceError): void
}

export interface RelayConnectionOptions {
  readonly url: string
  readonly token: TokenSource
  readonly WebSocket: SocketConstructor
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

const baseDelayMs = 250
const maxDelayMs = 10_000
/** For a token and a hello. */
const greetingTimeoutMs = 15_000
/** Below the 30 s after which the stock provider gives a silent socket up. */
const maxPingMs = 10_000

interface Slot {
  readonly request: ChannelRequest
  readonly handlers: ChannelHandlers
  /** 0 until asked for on this socket. */
  number: number
  opened: boolean
}

/**
 * One socket to one relay, with channels on it, kept from the first channel or feed until `close`.
 *
 * A lost socket closes the channels that were asked for on it and comes back after a full-jitter delay, with a fresh
 * token; a live one gets a fresh token before the old one ends; channels not asked for yet wait. A permanent refusal closes all, and every later one, with the same error.
 */
export class RelayConnection implements RelayLink {
  readonly #options: RelayConnectionOptions
  #state: SocketState = "idle"
  readonly #slots: Set<Slot> = new Set()
  readonly #feeds: Set<FeedHandlers> = new Set()
  readonly #watchers: Set<StateWatcher> = new Set()
  #socket: LiveSocket | undefined
  #framing: Framing | undefined
  #timer: Timer | undefined
  #attempt = 0
  #dial = 0
  #nextChannel = 1
  #pings = 0
  #answered = true
  #pingMs = maxPingMs
  #refusal: MillraceError | undefined
  #renewed = false
  #token = ""
  readonly #renewal: TokenRenewal

  constructor(options: RelayConnectionOptions) {
    this.#options = options
    this.#renewal = new TokenRenewal({ ...options, send: (token) => this.#send({ type: "auth", token }) })
  }

  get state(): SocketState {
    return this.#state
  }

  openChannel(request: ChannelRequest, handlers: ChannelHandlers): Channel {
    const slot: Slot = { request, handlers, number: 0, opened: false }
    this.#slots.add(slot)
    if (this.#refusal !== undefined) queueMicrotask(() => this.#endSlot(slot, this.#refusal ?? closedError()))
    else if (this.#state === "ready") this.#ask(slot)
    else this.#step("want")
    return {
      send: (frame) => this.#sendFrame(slot, frame),
      close: () => {
        if (!this.#slots.delete(slot)) return
        if (slot.number !== 0) this.#send({ type: "close", channel: slot.number })
      },
    }
  }

  /** Hears of durable appends while connected; returns what ends it. */
  openFeed(handlers: FeedHandlers): () => void {
    this.#feeds.add(handlers)
    if (this.#refusal !== undefined) queueMicrotask(() => handlers.closed(this.#refusal ?? closedError()))
    else if (this.#state === "ready") this.#askFeed()
    else this.#step("want")
    return () => void this.#feeds.delete(handlers)
  }

  watch(watcher: StateWatcher): () => void {
    this.#watchers.add(watcher)
    return () => void this.#watchers.delete(watcher)
  }

  /** Ends a back-off early: the network is said to be back. */
  wake(): void {
    if (this.#state === "waiting") this.#step("timer")
  }

  /** Closes every channel with kind `closed`. Idempotent. */
  close(): void {
    this.#leave(closedError(), "close")
  }

  #step(event: SocketEvent, error?: MillraceError): void {
    const from = this.#state
    const to = nextSocketState(from, event)
    if (to === from) return
    this.#state = to
    this.#timer?.cancel()
    this.#timer = undefined
    if (to === "dialing") this.#startDial()
    if (to === "waiting") this.#wait()
    if (to === "idle" || to === "closed" || to === "refused" || to === "waiting") this.#dropSocket()
    if (to === "ready") this.#greeted()
    for (const watcher of this.#watchers) watcher(to, error)
  }

  #startDial(): void {
    this.#dial += 1
    const dial = this.#dial
    this.#timer = this.#options.clock.after(greetingTimeoutMs, () => this.#lose(silentError()))
    void this.#connect(dial)
  }

  async #connect(dial: number): Promise<void> {
    const { token, url, WebSocket } = this.#options
    let text: string
    try {
      text = typeof token === "string" ? token : await token()
    } catch (thrown) {
      if (dial !== this.#dial || this.#state !== "dialing") return
      const error = asMillraceError(thrown, "unavailable", "now")
      const permanent = error.retry === "never" && (error.kind === "unauthenticated" || error.kind === "forbidden")
      if (permanent) this.#leave(error, "refuse")
      else
        this.#lose(
          new MillraceError(`No token could be had: ${messageOf(thrown)}`, {
            kind: "unavailable",
            retry: "now",
            cause: thrown,
          }),
        )
      return
    }
    if (dial !== this.#dial || this.#state !== "dialing") return
    const guard = (task: () => void) => () => {
      if (dial === this.#dial) task()
    }
    this.#token = text
    try {
      this.#framing = new Framing()
      this.#socket = new LiveSocket(WebSocket, url, text, {
        open: guard(() => {
          const timer = this.#timer
          this.#timer = undefined
          this.#step("open")
          this.#timer = timer
        }),
        message: (bytes) => guard(() => this.#receive(bytes))(),
        closed: (code, reason) => guard(() => this.#socketClosed(code, reason))(),
      })
    } catch (thrown) {
      this.#leave(
        new MillraceError(`"${url}" cannot be dialled: ${messageOf(thrown)}`, { kind: "usage", cause: thrown }),
        "refuse",
      )
    }
  }

  #socketClosed(code: number, reason: string): void {
    const error = errorOfClose(code, reason)
    if (isPermanentCloseCode(code)) this.#refuse(error)
    else this.#lose(error)
  }

  /** A refusal for good, except that a token refused once is renewed once. */
  #refuse(error: MillraceError): void {
    if (error.kind === "unauthenticated" && typeof this.#options.token === "function" && !this.#renewed) {
      this.#renewed = true
      this.#lose(error)
    } else this.#leave(error, "refuse")
  }

  #lose(error: MillraceError): void {
    this.#options.log.info("relay connection lost", { kind: error.kind, attempt: this.#attempt })
    this.#step("lost", error)
    // Handlers may ask for a new channel at once: only those of this socket end.
    const asked = [...this.#slots].filter((slot) => slot.number !== 0)
    for (const slot of asked) this.#endSlot(slot, retryable(error))
    for (const feed of this.#feeds) feed.closed(retryable(error))
  }

  #leave(error: MillraceError, event: "refuse" | "close"): void {
    if (this.#state === "closed") return
    this.#refusal = error
    this.#step(event, error)
    const all = Array.from(this.#slots)
    for (const slot of all) this.#endSlot(slot, error)
    for (const feed of this.#feeds) feed.closed(error)
  }

  #wait(): void {
    const delayMs = jitteredDelayMs(this.#options.random, this.#attempt, baseDelayMs, maxDelayMs)
    this.#attempt += 1
    this.#timer = this.#options.clock.after(delayMs, () => this.#step("timer"))
  }

  #dropSocket(): void {
    this.#dial += 1
    this.#renewal.stop()
    this.#socket?.close()
    this.#socket = undefined
    this.#framing = undefined
  }

  #greeted(): void {
    this.#answered = true
    this.#renewal.begin(this.#token)
    this.#planPing()
    if (this.#feeds.size > 0) this.#askFeed()
    for (const slot of this.#slots) this.#ask(slot)
  }

  #planPing(): void {
    this.#timer = this.#options.clock.after(this.#pingMs, () => {
      if (!this.#answered) return this.#lose(silentError())
      this.#answered = false
      this.#pings += 1
      this.#send({ type: "ping", nonce: this.#pings })
      this.#planPing()
    })
  }

  #ask(slot: Slot): void {
    if (slot.number !== 0) return
    slot.number = this.#nextChannel
    this.#nextChannel += 1
    const { workspace, mode, position } = slot.request
    this.#send({ type: "open", channel: slot.number, workspace, mode, ...position() })
    slot.handlers.requested?.()
  }

  #askFeed(): void {
    this.#send({ type: "feed" })
    for (const feed of this.#feeds) feed.connected()
  }

  #send(message: ClientMessage): void {
    if (this.#state !== "ready" || this.#framing === undefined) return
    for (const bytes of this.#framing.outgoing(message)) this.#socket?.send(bytes)
  }

  #sendFrame(slot: Slot, frame: Uint8Array): void {
    if (!slot.opened || !this.#slots.has(slot)) return
    const limit = this.#framing?.maxMessageBytes ?? 0
    if (this.#framing?.fits(frame) === false) {
      this.#send({ type: "close", channel: slot.number })
      this.#endSlot(
        slot,
        new MillraceError(
          `A change of ${frame.length} bytes is over the relay's limit of ${limit}; raise the relay's message limit, or undo the change.`,
          { kind: "too-large" },
        ),
      )
      return
    }
    this.#send({ type: "data", channel: slot.number, payload: frame })
  }

  #endSlot(slot: Slot, error: MillraceError): void {
    if (!this.#slots.delete(slot)) return
    slot.handlers.closed(error)
  }

  #receive(bytes: Uint8Array): void {
    this.#answered = true
    let message: ServerMessage | undefined
    try {
      message = this.#framing?.incoming(bytes)
    } catch (thrown) {
      // Its content is lost, so nothing after it can be counted: the connection starts anew.
      this.#lose(asMillraceError(thrown, "corrupt"))
      return
    }
    if (message !== undefined) this.#dispatch(message)
  }

  #dispatch(message: ServerMessage): void {
    switch (message.type) {
      case "hello":
        this.#framing?.agree(message.maxMessageBytes, message.maxPartBytes)
        this.#pingMs = Math.max(1_000, Math.min(maxPingMs, message.pingMs))
        this.#step("hello")
        return
      case "pong":
        this.#attempt = 0
        for (const slot of this.#slots) if (slot.opened) slot.handlers.pong?.()
        return
      case "feed":
        for (const feed of this.#feeds) feed.item(message)
        return
      case "error":
        return this.#refused(message.channel, message)
      case "part":
        return
      case "permission":
        return this.#toSlot(message.channel, (slot) => slot.handlers.permission?.(message))
      case "opened":
        this.#attempt = 0
        this.#renewed = false
        return this.#toSlot(message.channel, (slot) => {
          slot.opened = true
          slot.handlers.opened(message)
        })
      case "data":
        return this.#toSlot(message.channel, (slot) => slot.handlers.data?.(message.payload))
      case "durable":
        return this.#toSlot(message.channel, (slot) => slot.handlers.durable?.(message))
      case "entry":
        return this.#toSlot(message.channel, (slot) => slot.handlers.entry?.(message))
      case "snapshot":
        return this.#toSlot(message.channel, (slot) => slot.handlers.snapshot?.(message))
      case "progress":
        return this.#toSlot(message.channel, (slot) => slot.handlers.progress?.(message))
      case "caughtUp":
        return this.#toSlot(message.channel, (slot) => slot.handlers.caughtUp?.(message))
    }
  }

  #refused(channel: number, message: Extract<ServerMessage, { type: "error" }>): void {
    const { kind, retry } = message
    const error = new MillraceError(message.message, { kind, retry })
    if (channel !== 0) return this.#toSlot(channel, (slot) => this.#endSlot(slot, error))
    if (retry === "never") return this.#refuse(error)
    this.#lose(error)
    if (typeof retry === "object" && this.#state === "waiting") {
      this.#timer?.cancel()
      const delayMs = retry.afterMs + jitteredDelayMs(this.#options.random, 0, baseDelayMs, maxDelayMs)
      this.#timer = this.#options.clock.after(delayMs, () => this.#step("timer"))
    }
  }

  #toSlot(channel: number, task: (slot: Slot) => void): void {
    for (const slot of this.#slots) {
      if (slot.number !== channel) continue
      try {
        task(slot)
      } catch (thrown) {
        // One document's trouble is not the others'.
        this.#send({ type: "close", channel })
        this.#endSlot(slot, asMillraceError(thrown, "corrupt", { afterMs: maxDelayMs }))
      }
      return
    }
  }
}

function closedError(): MillraceError {
  return new MillraceError("The connection was closed; open the workspace again.", { kind: "closed" })
}

function silentError(): MillraceError {
  return new MillraceError("The relay did not answer in time; tried again.", { kind: "timeout", retry: "now" })
}

/** What ended one socket does not end the next: the channels may come back. */
function retryable(error: MillraceError): MillraceError {
  return error.retry === "never"
    ? new MillraceError(error.message, { kind: error.kind, retry: "now", cause: error })
    : error
}
