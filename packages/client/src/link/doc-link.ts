import { type Clock, type MillraceError, type Timer } from "@millrace/ports"
import type { Permission } from "@millrace/protocol"
import { Awareness } from "y-protocols/awareness"
import { WebsocketProvider } from "y-websocket"
import type { Doc, Transaction } from "yjs"
import type { CatchingUp, ConnectionState } from "../api.ts"
import { type LinkEvent, nextConnectionState } from "../connection-state.ts"
import type { Platform } from "../platform.ts"
import type { Channel, ChannelHandlers } from "../relay/channel.ts"
import type { RelayLink } from "../relay/relay-link.ts"
import type { AckLedger } from "../status/ack-ledger.ts"
import type { RecordKey } from "../status/record-key.ts"
import { stepOne } from "./frames.ts"
import { VirtualSocket, type VirtualSocketHost } from "./virtual-socket.ts"

type Polyfill = NonNullable<NonNullable<ConstructorParameters<typeof WebsocketProvider>[3]>["WebSocketPolyfill"]>

const resyncAfterMs = 2_000

/** A place in the log, with the generation that it belongs to. */
export interface HeldPosition {
  readonly generation: number
  readonly seq: number
}

export interface DocLinkOptions {
  readonly relay: RelayLink
  /** As in the URL: name, `~status`, `@<n>`. */
  readonly workspace: string
  readonly doc: Doc
  /** Of the local copy, 0 when there is none. */
  readonly generation: number
  readonly ledger: AckLedger
  readonly platform: Platform
  readonly clock: Clock
  /** Records that a transaction touched. */
  readonly touchedIn: (transaction: Transaction) => Iterable<RecordKey>
  /** Updates of these origins are durable as far as anybody knows: rows read from a store that reflects them. */
  readonly isKnown: (origin: unknown) => boolean
  /** The document has the log up to here: to be noted with it, never apart from it. */
  readonly onHeld?: (held: HeldPosition) => void
  /** After an update was entered in the ledger. */
  readonly onUpdate?: (keys: readonly RecordKey[], local: boolean) => void
  readonly onChange: (link: DocLink) => void
}

/**
 * A document in step with the relay through the stock y-websocket provider, every update entered in a ledger.
 *
 * Updates are entered from construction on; `start` connects, `stop` leaves for good.
 */
export class DocLink implements VirtualSocketHost {
  readonly #options: DocLinkOptions
  readonly #awareness: Awareness
  readonly #provider: WebsocketProvider
  readonly #unwatch: () => void
  #state: ConnectionState = "offline"
  #error: MillraceError | undefined
  #generation: number
  #permission: Permission | undefined
  #sent = 0
  #entered = 0
  #receiving: number | undefined
  #stepTwo = 0
  #durable = 0
  #notBeforeMs = 0
  /** Every entry of the log up to here is in the document, of this generation; 0 where nobody knows. */
  #heldSeq = 0
  #isPiece = false
  #progress: CatchingUp | undefined
  #resync: Timer | undefined
  #socket: VirtualSocket | undefined

  constructor(options: DocLinkOptions) {
    this.#options = options
    this.#generation = options.generation
    const { doc, relay } = options
    this.#awareness = new Awareness(doc)
    this.#awareness.setLocalState(null)
    const open = (socket: VirtualSocket): void => void (this.#socket = socket)
    const host = (): VirtualSocketHost => this
    class Socket extends VirtualSocket {
      constructor() {
        super(host())
        open(this)
      }
    }
    this.#provider = new WebsocketProvider("ws://relay", options.workspace, doc, {
      connect: false,
      // Tabs would tell each other what no count knows of.
      disableBc: true,
      awareness: this.#awareness,
      WebSocketPolyfill: Socket as unknown as Polyfill,
    })
    options.platform.tidy(this.#provider)
    // After the provider's own listener: by then it has sent the update, or not.
    doc.on("update", this.#enter)
    this.#unwatch = relay.watch((state, error) => {
      if (state === "dialing") this.#step("dial")
      if (state === "waiting") this.#step("lose", error)
      if (state === "refused") this.#step("refuse", error)
    })
  }

  get state(): ConnectionState {
    return this.#state
  }

  /** Why it is not online; undefined while it is. */
  get error(): MillraceError | undefined {
    return this.#error
  }

  /** Who is here: what this session says, and what the relay passes on of others. */
  get awareness(): Awareness {
    return this.#awareness
  }

  get generation(): number {
    return this.#generation
  }

  get permission(): Permission | undefined {
    return this.#permission
  }

  /** While the relay's answer comes in pieces. */
  get catchingUp(): CatchingUp | undefined {
    return this.#progress
  }

  /** On this connection: what the relay had is here, and what was here is durable there, if it may be written. */
  get caughtUp(): boolean {
    const told = this.#permission !== "write" || (this.#stepTwo > 0 && this.#durable >= this.#stepTwo)
    return this.#state === "online" && this.#provider.synced && told
  }

  /** Whether updates of this origin came from the relay. */
  isRemote(origin: unknown): boolean {
    return origin === this.#provider
  }

  /** `generation` is that of the copy that was loaded meanwhile. */
  start(generation: number, held?: HeldPosition): void {
    this.#generation = generation
    if (held !== undefined && held.generation === generation) this.#heldSeq = Math.max(this.#heldSeq, held.seq)
    this.#provider.on("sync", () => this.#options.onChange(this))
    this.#provider.connect()
  }

  stop(): void {
    this.#unwatch()
    this.#resync?.cancel()
    const { doc } = this.#options
    doc.off("update", this.#enter)
    // Yjs changes the id of a document that hears its own from elsewhere; the provider then misses it on leaving.
    if (!this.#awareness.meta.has(doc.clientID)) this.#awareness.meta.set(doc.clientID, { clock: 0, lastUpdated: 0 })
    this.#provider.destroy()
    this.#awareness.destroy()
  }

  openChannel(handlers: ChannelHandlers): Channel {
    const { relay, workspace, clock } = this.#options
    const request = {
      workspace,
      mode: "sync",
      position: () => ({ generation: this.#generation, afterSeq: this.#heldSeq }),
    } as const
    const delayMs = this.#notBeforeMs - clock.nowMs()
    if (delayMs <= 0) return relay.openChannel(request, handlers)
    let channel: Channel | undefined
    const timer = clock.after(delayMs, () => (channel = relay.openChannel(request, handlers)))
    return {
      send: (frame) => channel?.send(frame),
      close: () => {
        timer.cancel()
        channel?.close()
      },
    }
  }

  requested(): void {
    this.#step("dial")
  }

  caughtUpTo(seq: number): void {
    this.#heldSeq = Math.max(this.#heldSeq, seq)
    this.#options.onHeld?.({ generation: this.#generation, seq: this.#heldSeq })
  }

  opened({ generation, permission, seq }: Parameters<ChannelHandlers["opened"]>[0]): void {
    if (generation !== this.#generation) this.#heldSeq = 0
    this.#generation = generation
    this.#permission = permission
    this.#options.ledger.raiseSeq(seq)
    this.#step("open")
  }

  permitted(permission: Permission): void {
    if (this.#permission === permission) return
    this.#permission = permission
    this.#options.onChange(this)
  }

  sent(frame: number, stepTwo: boolean): void {
    this.#sent = frame
    if (!stepTwo) return
    this.#entered = frame
    if (this.#stepTwo === 0) this.#stepTwo = frame
    this.#options.ledger.stepTwo(frame)
  }

  progress({ doneBytes, totalBytes }: Parameters<NonNullable<ChannelHandlers["progress"]>>[0]): void {
    this.#isPiece = doneBytes < totalBytes
    this.#progress = this.#isPiece ? { doneBytes, totalBytes } : undefined
    this.#options.onChange(this)
  }

  receive(frame: number, deliver: () => void): void {
    if (!this.#isPiece && this.#progress !== undefined) {
      // The last piece has no word before the next frame.
      this.#progress = undefined
      this.#options.onChange(this)
    }
    this.#isPiece = false
    this.#receiving = frame
    try {
      deliver()
    } finally {
      this.#receiving = undefined
    }
    if (this.#options.doc.store.pendingStructs !== null) this.#askAgain()
  }

  durable({ received, sent, seq }: Parameters<NonNullable<ChannelHandlers["durable"]>>[0]): void {
    this.#durable = received
    this.#options.ledger.durable(received, sent, seq)
    this.#options.onChange(this)
  }

  closed(error: MillraceError): void {
    this.#progress = undefined
    this.#isPiece = false
    this.#sent = 0
    this.#entered = 0
    this.#stepTwo = 0
    this.#durable = 0
    this.#resync?.cancel()
    this.#resync = undefined
    const { clock, ledger } = this.#options
    ledger.lost()
    if (typeof error.retry === "object") this.#notBeforeMs = clock.nowMs() + error.retry.afterMs
    if (error.retry === "never") ledger.fail(error)
    this.#step(error.retry === "never" ? "refuse" : "lose", error)
  }

  readonly #enter = (_update: Uint8Array, origin: unknown, _doc: Doc, transaction: Transaction): void => {
    const { ledger, isKnown, touchedIn, onUpdate } = this.#options
    if (isKnown(origin)) return
    const keys = [...touchedIn(transaction)]
    const local = origin !== this.#provider
    if (local) {
      ledger.local(keys, this.#sent > this.#entered ? this.#sent : undefined)
      this.#entered = this.#sent
    } else ledger.remote(keys, this.#receiving)
    onUpdate?.(keys, local)
  }

  /** Updates arrived whose predecessors did not: ask for what is missing, not more often than every 2 s. */
  #askAgain(): void {
    this.#resync ??= this.#options.clock.after(resyncAfterMs, () => {
      this.#resync = undefined
      const { doc } = this.#options
      if (doc.store.pendingStructs === null) return
      this.#socket?.send(stepOne(doc))
      this.#askAgain()
    })
  }

  #step(event: LinkEvent, error?: MillraceError): void {
    const from = this.#state
    this.#state = nextConnectionState(from, event)
    if (event === "open") this.#error = undefined
    else if (error !== undefined && from !== "refused") this.#error = error
    if (from !== this.#state || error !== undefined) this.#options.onChange(this)
  }
}
