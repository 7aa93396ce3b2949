import type { Duplex } from "node:stream"
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
import { type Grant, grantFor, strongestPermission } from "../access/grants.ts"
import type { Claims } from "../access/token.ts"
import { streamOf } from "../room/stream-name.ts"
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
  /** The workspace in the socket's path; with it, no other may be opened. */
  readonly #only: WorkspaceRef | undefined
  readonly #channels = new Map<number, Channel | typeof opening>()
  readonly #refs = new Map<number, WorkspaceRef>()
  readonly #joiner: PartJoiner
  #renewing = false
  #endFeed: (() => void) | undefined

  constructor(
    session: Session,
    { socket, stream }: { readonly socket: WebSocket; readonly stream: Duplex },
    claims: Claims,
    only: WorkspaceRef | undefined,
  ) {
    this.#session = session
    this.#only = only
    this.#joiner = new PartJoiner(session.limits.maxMessageBytes)
    this.connection = new Connection({
      ...session,
      socket,
      stream,
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
        this.#endFeed ??= openFeed(this.#session, this.connection)
        return
      case "ping":
        return this.#send({ type: "pong", nonce: message.nonce })
      case "auth":
        return this.#renew(message.token)
    }
  }

  #renew(token: string): void {
    if (this.#renewing) {
      throw new MillraceError("A token is being checked already; wait for the answer before sending another.", {
        kind: "invalid",
      })
    }
    this.#renewing = true
    this.#session.verifier.verify(token).then(
      (claims) => {
        this.#renewing = false
        if (!this.connection.ended) this.#takeClaims(claims)
      },
      (thrown: unknown) => this.connection.end(asMillraceError(thrown, "bug")),
    )
  }

  /** Takes effect between two frames: none after it is judged by the old token. */
  #takeClaims(claims: Claims): void {
    if (claims.subject !== this.connection.claims.subject) {
      return this.connection.end(
        new MillraceError("The new token is of another subject; connect anew with it.", { kind: "unauthenticated" }),
      )
    }
    this.connection.renew(claims)
    const { expiresAtMs } = claims
    for (const [channel, ref] of this.#refs) {
      try {
        const grant = grantFor(claims, ref)
        const open = this.#channels.get(channel)
        if (open === undefined || open === opening) continue
        // Said first: one that may write now is asked for its edits next, and answers as what it knows itself to be.
        this.#send({ type: "permission", channel, permission: grant.permission, expiresAtMs })
        open.regrant(grant)
      } catch (thrown) {
        this.#fail(channel, asMillraceError(thrown, "bug"))
      }
    }
    this.#send({ type: "permission", channel: 0, permission: strongestPermission(claims), expiresAtMs })
  }

  #open(message: Open): void {
    const { channel } = message
    if (channel === 0 || this.#channels.has(channel)) {
      throw new MillraceError(`Channel ${channel} cannot be opened twice, nor channel 0 at all.`, { kind: "invalid" })
    }
    this.#channels.set(channel, opening)
    this.#session.metrics.channelsOpened.add()
    this.#openChannel(message).catch((cause: unknown) => {
      this.#fail(channel, asMillraceError(cause, "bug"))
    })
  }

  async #openChannel(message: Open): Promise<void> {
    const { channel, mode, afterSeq } = message
    const ref = parseWorkspaceRef(message.workspace)
    grantFor(this.connection.claims, ref)
    this.#checkMayOpen(ref)
    this.#session.catalogue.checkOpen(ref, message.generation)
    this.#refs.set(channel, ref)
    const options: ChannelOptions = {
      channel,
      connection: this.connection,
      subject: this.connection.claims.subject,
      afterSeq,
      fail: (error) => this.#fail(channel, error),
    }
    const opened = (seq: number, { permission }: Grant): void => {
      const { generation } = ref
      const workspace = formatWorkspaceRef(ref)
      this.#send({ type: "opened", channel, workspace, generation, permission, seq })
    }
    if (mode === "log") {
      const seq = await this.#session.store.head(streamOf(ref))
      checkPosition(ref, afterSeq, seq)
      if (!this.#stillOpening(channel)) return
      // What was true before the wait may not be any more.
      this.#session.catalogue.checkOpen(ref, message.generation)
      opened(seq, grantFor(this.connection.claims, ref))
      this.#channels.set(channel, openLogChannel(this.#session, options, ref, afterSeq))
      return
    }
    const room = await this.#session.rooms.acquire(ref)
    try {
      if (!this.#stillOpening(channel)) return this.#session.rooms.release(room)
      const grant = grantFor(this.connection.claims, ref)
      opened(room.seq, grant)
      this.#channels.set(channel, openSyncChannel(this.#session, options, grant, room))
    } catch (thrown) {
      this.#session.rooms.release(room)
      throw thrown
    }
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
    this.#refs.delete(number)
    if (channel !== undefined && channel !== opening) channel.close()
  }

  /** Ends one channel and tells why; the socket and its other channels go on. */
  #fail(number: number, error: MillraceError): void {
    if (!this.#channels.has(number)) return
    // What the room has to tell, such as what is durable, comes before.
    this.connection.flush()
    this.#close(number)
    this.#session.metrics.refusals.add(error.kind)
    this.#sendError(number, error)
  }

  #stillOpening(channel: number): boolean {
    return this.#channels.get(channel) === opening
  }

  #sendError(channel: number, { kind, retry, message }: MillraceError): void {
    this.#send({ type: "error", channel, kind, retry, message })
  }

  #send(message: ServerMessage): void {
    this.connection.send(encodeServerMessage(message))
  }

  #closeAll(): void {
    this.#endFeed?.()
    for (const number of this.#channels.keys()) this.#close(number)
  }
}
