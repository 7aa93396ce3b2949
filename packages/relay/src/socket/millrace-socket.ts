import { asMillraceError, MillraceError } from "@millrace/ports"
import {
  type ClientMessage,
  decodeClientMessage,
  encodeServerMessage,
  formatWorkspaceRef,
  parseWorkspaceRef,
  PartJoiner,
  protocolVersion,
  type ServerMessage,
  type WorkspaceRef,
} from "@millrace/protocol"
import type { WebSocket } from "ws"
import { grantFor } from "../access/grants.ts"
import type { Claims } from "../access/token.ts"
import { checkGeneration, streamOf } from "../room/stream-name.ts"
import { Connection } from "./connection.ts"
import { openFeed } from "./feed.ts"
import { checkPosition, openLogChannel } from "./log-channel.ts"
import type { Session } from "./session.ts"
import { tooLarge } from "./stock-socket.ts"
import { type Channel, type ChannelOptions, openSyncChannel } from "./sync-channel.ts"

type Open = Extract<ClientMessage, { type: "open" }>

const corrupt = { kind: "corrupt" } as const
/** What stands between `open` and `opened`. */
const opening = "opening"

/** One socket of millrace.v1: its channels, its feed, its parts. */
export class MillraceSocket {
  readonly connection: Connection
  readonly #session: Session
  readonly #claims: Claims
  /** The workspace in the socket's path; with it, no other may be opened. */
  readonly #only: WorkspaceRef | undefined
  readonly #channels = new Map<number, Channel | typeof opening>()
  readonly #joiner: PartJoiner
  #endFeed: (() => void) | undefined

  constructor(session: Session, socket: WebSocket, claims: Claims, only: WorkspaceRef | undefined) {
    this.#session = session
    this.#claims = claims
    this.#only = only
    this.#joiner = new PartJoiner(session.limits.maxMessageBytes)
    this.connection = new Connection({
      ...session,
      socket,
      claims,
      onMessage: (bytes) => this.#receive(bytes),
      sayGoodbye: (error) => this.#sendError(0, error),
      onEnd: () => this.#closeAll(),
    })
    this.connection.start()
    const { maxMessageBytes, maxPartBytes, pingMs } = session.limits
    const subject = claims.subject
    this.#send({ type: "hello", version: protocolVersion, subject, maxMessageBytes, maxPartBytes, pingMs })
  }

  #receive(bytes: Uint8Array): void {
    const { maxMessageBytes } = this.#session.limits
    if (bytes.length > maxMessageBytes) throw tooLarge(maxMessageBytes)
    const message = decodeClientMessage(bytes)
    if (message.type !== "part") {
      if (this.#joiner.begun) throw new MillraceError("A message came between the parts of another.", corrupt)
      return this.#handle(message)
    }
    const whole = this.#joiner.add(message.bytes, message.last)
    if (whole === undefined) return
    const inner = decodeClientMessage(whole)
    if (inner.type === "part") throw new MillraceError("Parts do not contain parts.", corrupt)
    this.#handle(inner)
  }

  #handle(message: Exclude<ClientMessage, { type: "part" }>): void {
    switch (message.type) {
      case "open":
        return this.#open(message)
      case "data":
        return this.#data(message.channel, message.payload)
      case "close":
        return this.#close(message.channel)
      case "feed":
        this.#endFeed ??= openFeed(this.#session, this.connection, this.#claims)
        return
      case "ping":
        return this.#send({ type: "pong", nonce: message.nonce })
    }
  }

  #open(message: Open): void {
    const { channel } = message
    if (channel === 0 || this.#channels.has(channel)) {
      throw new MillraceError(`Channel ${channel} cannot be opened twice, nor channel 0 at all.`, { kind: "invalid" })
    }
    this.#channels.set(channel, opening)
    this.#openChannel(message).catch((cause: unknown) => {
      this.#fail(channel, asMillraceError(cause, "bug"))
    })
  }

  async #openChannel(message: Open): Promise<void> {
    const { channel, mode, afterSeq } = message
    const ref = parseWorkspaceRef(message.workspace)
    const grant = grantFor(this.#claims, ref)
    this.#checkMayOpen(ref)
    checkGeneration(ref, message.generation)
    const options: ChannelOptions = {
      channel,
      connection: this.connection,
      subject: this.#claims.subject,
      fail: (error) => this.#fail(channel, error),
    }
    const opened = (seq: number): void => {
      const { generation } = ref
      const workspace = formatWorkspaceRef(ref)
      this.#send({ type: "opened", channel, workspace, generation, permission: grant.permission, seq })
    }
    if (mode === "log") {
      const seq = await this.#session.store.head(streamOf(ref))
      checkPosition(ref, afterSeq, seq)
      if (!this.#stillOpening(channel)) return
      opened(seq)
      this.#channels.set(channel, openLogChannel(this.#session, options, ref, afterSeq))
      return
    }
    const room = await this.#session.rooms.acquire(ref)
    if (!this.#stillOpening(channel)) return this.#session.rooms.release(room)
    opened(room.seq)
    this.#channels.set(channel, openSyncChannel(this.#session, options, grant, room))
  }

  #checkMayOpen(ref: WorkspaceRef): void {
    if (this.#only !== undefined && this.#only.name !== ref.name) {
      throw new MillraceError(`This socket was opened for ${this.#only.name}; open another for ${ref.name}.`, {
        kind: "forbidden",
      })
    }
    const { maxChannelsPerSocket } = this.#session.limits
    if (this.#channels.size > maxChannelsPerSocket) {
      throw new MillraceError(`One socket may have ${maxChannelsPerSocket} channels; close one first.`, {
        kind: "rate-limited",
        retry: { afterMs: 1000 },
      })
    }
  }

  #data(number: number, payload: Uint8Array): void {
    const channel = this.#channels.get(number)
    // A channel that is closed may still be written to by a client that has not read so yet.
    if (channel === undefined) return
    try {
      if (channel === opening) throw new MillraceError("Data came before `opened`.", { kind: "invalid" })
      channel.receive(payload)
    } catch (thrown) {
      if (!(thrown instanceof MillraceError)) throw thrown
      this.#fail(number, thrown)
    }
  }

  #close(number: number): void {
    const channel = this.#channels.get(number)
    this.#channels.delete(number)
    if (channel !== undefined && channel !== opening) channel.close()
  }

  /** Ends one channel and tells why; the socket and its other channels go on. */
  #fail(number: number, error: MillraceError): void {
    if (!this.#channels.has(number)) return
    this.#close(number)
    this.#sendError(number, error)
  }

  #stillOpening(channel: number): boolean {
    return this.#channels.get(channel) === opening
  }

  #sendError(channel: number, { kind, retry, message }: MillraceError): void {
    this.#send({ type: "error", channel, kind, retry, message })
  }

  #send(message: ServerMessage): void {
    this.connection.send(encodeServerMessage(message), false)
  }

  #closeAll(): void {
    this.#endFeed?.()
    for (const number of this.#channels.keys()) this.#close(number)
  }
}
