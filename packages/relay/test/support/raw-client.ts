import {
  carriesUpdate,
  type ClientMessage,
  decodeServerMessage,
  encodeClientMessage,
  PartJoiner,
  protocolName,
  type ServerMessage,
} from "@millrace/protocol"
import { atEndOfTests, waitFor } from "@millrace/testkit"
import * as decoding from "lib0/decoding"
import { WebSocket } from "ws"
import * as Y from "yjs"
import { syncFrame } from "../../src/room/frame.ts"

type Of<T extends ServerMessage["type"]> = Extract<ServerMessage, { type: T }>

/** One socket of millrace.v1 that keeps everything it hears. */
export class RawClient {
  readonly socket: WebSocket
  readonly heard: ServerMessage[] = []
  closed: { readonly code: number; readonly reason: string } | undefined
  readonly #listeners: ((message: ServerMessage) => void)[] = []
  readonly #joiner = new PartJoiner(2 ** 30)

  constructor(url: string, token: string, protocol: string = protocolName) {
    this.socket = new WebSocket(url, [protocol, token])
    this.socket.on("message", (data: Buffer) => {
      const message = decodeServerMessage(data)
      const whole = message.type === "part" ? this.#joiner.add(message.bytes, message.last) : data
      if (whole === undefined) return
      const inner = decodeServerMessage(whole)
      this.heard.push(inner)
      for (const listener of this.#listeners) listener(inner)
    })
    this.socket.on("error", () => {})
    this.socket.on("close", (code, reason) => (this.closed = { code, reason: reason.toString() }))
    atEndOfTests(() => this.socket.terminate())
  }

  onMessage(listener: (message: ServerMessage) => void): void {
    this.#listeners.push(listener)
  }

  send(message: ClientMessage): void {
    this.socket.send(encodeClientMessage(message))
  }

  /** The first message of the type, heard already or to come, for which `fits` holds. */
  hear<T extends ServerMessage["type"]>(type: T, fits: (message: Of<T>) => boolean = () => true): Promise<Of<T>> {
    const find = (): Of<T> | undefined =>
      this.heard.find((message): message is Of<T> => message.type === type && fits(message as Of<T>))
    return waitFor(find, {
      what: `a message ${type}`,
      everyMs: 2,
      detail: () => JSON.stringify({ closed: this.closed, heard: this.heard.slice(-10) }),
    }) as Promise<Of<T>>
  }

  closing(): Promise<{ readonly code: number; readonly reason: string }> {
    return waitFor(() => this.closed, { what: "the socket to close", everyMs: 2 })
  }

  open(channel: number, workspace: string, more: Partial<Extract<ClientMessage, { type: "open" }>> = {}): void {
    this.send({ type: "open", channel, workspace, mode: "sync", generation: 0, afterSeq: 0, ...more })
  }
}

/** A replica over one channel of millrace.v1: answers the relay as y-websocket does, and counts what is acknowledged. */
export class RawReplica {
  readonly client: RawClient
  readonly channel: number
  readonly doc: Y.Doc
  /** Frames with updates sent and heard so far. */
  sent = 0
  received = 0
  synced = false
  readonly #workspace: string

  constructor(client: RawClient, channel: number, workspace: string, doc: Y.Doc = new Y.Doc()) {
    this.client = client
    this.channel = channel
    this.doc = doc
    this.#workspace = workspace
    client.onMessage((message) => {
      if (message.type === "opened" && message.channel === channel)
        this.send(syncFrame("step1", Y.encodeStateVector(doc)))
      if (message.type === "data" && message.channel === channel) this.#receive(message.payload)
    })
    doc.on("update", (update: Uint8Array, origin: unknown) => {
      if (origin !== this) this.send(syncFrame("update", update))
    })
  }

  /** Opens the channel and resolves once the relay's answer is in the document. */
  async open(): Promise<this> {
    await this.client.hear("hello")
    this.client.open(this.channel, this.#workspace)
    await waitFor(() => this.synced, {
      what: `channel ${this.channel} to be in sync`,
      everyMs: 2,
      detail: () => JSON.stringify({ closed: this.client.closed, heard: this.client.heard }),
    })
    return this
  }

  send(frame: Uint8Array): void {
    if (carriesUpdate(frame)) this.sent += 1
    this.client.send({ type: "data", channel: this.channel, payload: frame })
  }

  /** Resolves once every frame sent until now is durable; the seq that the relay named. */
  async durable(): Promise<number> {
    const { sent } = this
    const told = await this.client.hear("durable", (one) => one.channel === this.channel && one.received >= sent)
    return told.seq
  }

  #receive(frame: Uint8Array): void {
    if (frame[0] !== 0) return
    const payload = decoding.readVarUint8Array(decoding.createDecoder(frame.subarray(2)))
    if (frame[1] === 0) return this.send(syncFrame("step2", Y.encodeStateAsUpdate(this.doc, payload)))
    this.received += 1
    Y.applyUpdate(this.doc, payload, this)
    if (frame[1] === 1) this.synced = true
  }
}

/** A new socket and a replica on its first channel, in sync. */
export async function connect(url: string, token: string, workspace: string, doc?: Y.Doc): Promise<RawReplica> {
  return new RawReplica(new RawClient(url, token), 1, workspace, doc).open()
}
