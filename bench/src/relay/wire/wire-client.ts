import { frameTypes, syncSteps } from "@millrace/protocol"
import * as encoding from "lib0/encoding"
import { WebSocket } from "ws"
import { type Envelope, type EnvelopeKind, type Incoming, openEnvelope, readPayload } from "./envelope.ts"

export interface WireTarget {
  readonly kind: EnvelopeKind
  /** WebSocket URL below which rooms are; Hocuspocus and millrace.v1 name the room inside. */
  readonly base: string
  readonly token?: string
}

/** What a client is told; the arrays are only good during the call. */
export interface WireEvents {
  /** `whole`: the answer to our state vector. */
  update?(update: Uint8Array, whole: boolean): void
  awareness?(payload: Uint8Array): void
  closed?(code: number): void
}

const emptyStateVector = new Uint8Array([0])
const emptyUpdate = new Uint8Array([0, 0])

/**
 * A client of the y-websocket protocol without a document: the same code against every server, so that what differs is theirs.
 *
 * It asks for everything at the start, answers a server's question with nothing of its own, and counts acknowledgements where the
 * protocol has any.
 */
export class WireClient {
  readonly #socket: WebSocket
  readonly #envelope: Envelope
  readonly #events: WireEvents
  /** Of each update sent and not acknowledged, whom to tell. */
  #waiting: ((() => void) | undefined)[] = []
  #acked = 0
  #synced = false
  #onSynced: () => void = () => {}
  #onFailed: (error: Error) => void = () => {}

  private constructor(target: WireTarget, room: string, events: WireEvents) {
    this.#envelope = openEnvelope(target.kind, room, target.token)
    this.#events = events
    const protocols = [...this.#envelope.protocols]
    this.#socket = new WebSocket(urlOf(target, room), protocols, { perMessageDeflate: false, maxPayload: 0 })
    this.#socket.on("open", () => this.#opened())
    this.#socket.on("message", (data: Buffer) => this.#receive(data))
    this.#socket.on("error", (error) => this.#onFailed(error))
    this.#socket.on("close", (code) => {
      this.#onFailed(new Error(`The server closed with ${code} before the first synchronisation.`))
      events.closed?.(code)
    })
  }

  /** Resolves once the server has answered with everything it has; rejects when it closes before. */
  static open(target: WireTarget, room: string, events: WireEvents = {}): Promise<WireClient> {
    return new Promise((resolve, reject) => {
      const client = new WireClient(target, room, events)
      client.#onSynced = () => resolve(client)
      client.#onFailed = reject
    })
  }

  /** `onAck` is called where the protocol acknowledges: ours after the flush, Hocuspocus after its document has it. */
  sendUpdate(update: Uint8Array, onAck?: () => void): void {
    this.#waiting.push(onAck)
    this.#sendFrame(frameTypes.sync, syncSteps.update, update)
  }

  sendAwareness(payload: Uint8Array): void {
    this.#send(
      encoding.encode((encoder) => {
        encoding.writeVarUint(encoder, frameTypes.awareness)
        encoding.writeVarUint8Array(encoder, payload)
      }),
    )
  }

  /** Reads nothing from now on, as a client does that hangs. */
  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  /** Resolves when the socket is closed. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#socket.readyState === WebSocket.CLOSED) return resolve()
      this.#socket.once("close", () => resolve())
      this.#socket.terminate()
    })
  }

  #opened(): void {
    for (const message of this.#envelope.greeting) this.#socket.send(message)
    if (this.#envelope.greeting.length === 0) this.#ask()
  }

  #ask(): void {
    this.#sendFrame(frameTypes.sync, syncSteps.step1, emptyStateVector)
  }

  #receive(bytes: Uint8Array): void {
    this.#envelope.unwrap(bytes, (incoming) => this.#take(incoming))
  }

  #take(incoming: Incoming): void {
    switch (incoming.type) {
      case "ready":
        return this.#ask()
      case "refused":
        return this.#onFailed(new Error(`The server refuses: ${incoming.reason}`))
      case "ackedOne":
        this.#waiting.shift()?.()
        return
      case "ackedTotal":
        for (; this.#acked < incoming.count; this.#acked++) this.#waiting.shift()?.()
        return
      case "frame":
        return this.#takeFrame(incoming.frame)
    }
  }

  #takeFrame(frame: Uint8Array): void {
    if (frame[0] === frameTypes.awareness) return this.#events.awareness?.(readPayload(frame, 1))
    if (frame[0] !== frameTypes.sync) return
    if (frame[1] === syncSteps.step1) {
      this.#waiting.push(undefined)
      return this.#sendFrame(frameTypes.sync, syncSteps.step2, emptyUpdate)
    }
    const whole = frame[1] === syncSteps.step2
    this.#events.update?.(readPayload(frame, 2), whole)
    if (!whole || this.#synced) return
    this.#synced = true
    this.#onSynced()
  }

  #sendFrame(type: number, step: number, payload: Uint8Array): void {
    this.#send(
      encoding.encode((encoder) => {
        encoding.writeVarUint(encoder, type)
        encoding.writeVarUint(encoder, step)
        encoding.writeVarUint8Array(encoder, payload)
      }),
    )
  }

  #send(frame: Uint8Array): void {
    this.#socket.send(this.#envelope.wrap(frame))
  }
}

function urlOf({ kind, base, token }: WireTarget, room: string): string {
  if (kind !== "plain") return base
  return token === undefined ? `${base}/${room}` : `${base}/${room}?token=${token}`
}
