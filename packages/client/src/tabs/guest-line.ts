import type { TabChannel, Tabs } from "@millrace/indexeddb"
import type { MillraceError } from "@millrace/ports"
import type { Channel, ChannelHandlers, ChannelRequest } from "../relay/channel.ts"
import type { SocketState } from "../relay/socket-state.ts"
import { compactBytes, errorOf, type GuestMessage, type HostMessage, tellHandler, weightOf } from "./tab-messages.ts"

/** Told to the leader when so many bytes were taken in: far below what it lets wait. */
const tookBytes = 256 * 1024

export interface GuestLineOptions {
  readonly tabs: Tabs
  /** Of this member and this leader's term alone. */
  readonly name: string
  /** The leader's word about its socket; the first is its welcome. */
  readonly onState: (state: SocketState, error: MillraceError | undefined) => void
  /** Anything was heard: the leader lives. */
  readonly onLife: () => void
}

/** A member's channels on the leader's socket. */
export class GuestLine {
  readonly #options: GuestLineOptions
  readonly #channel: TabChannel
  readonly #open = new Map<number, ChannelHandlers>()
  #nextId = 1
  #taken = 0

  constructor(options: GuestLineOptions) {
    this.#options = options
    this.#channel = options.tabs.channel(options.name, (message) => this.#hear(message as HostMessage))
  }

  openChannel({ position, ...request }: ChannelRequest, handlers: ChannelHandlers): Channel {
    const id = this.#nextId
    this.#nextId += 1
    this.#open.set(id, handlers)
    this.#post({ kind: "open", id, request, position: position() })
    return {
      send: (frame) => {
        if (this.#open.has(id)) this.#post({ kind: "data", id, payload: compactBytes(frame) })
      },
      close: () => {
        if (this.#open.delete(id)) this.#post({ kind: "shut", id })
      },
    }
  }

  /** Answered by a word from the leader, if it lives. */
  ask(): void {
    this.#post({ kind: "ask" })
  }

  wake(): void {
    this.#post({ kind: "wake" })
  }

  /** Nothing is heard after it; no handler is called. Idempotent. */
  close(): void {
    this.#open.clear()
    this.#channel.close()
  }

  #post(message: GuestMessage): void {
    this.#channel.post(message)
  }

  #hear(message: HostMessage): void {
    this.#options.onLife()
    if (message.kind === "state") {
      const { state, error } = message
      this.#options.onState(state, error && errorOf(error))
    }
    if (message.kind !== "told") return
    const { id, name, value } = message
    this.#take(weightOf(value))
    const handlers = this.#open.get(id)
    if (handlers === undefined) return
    if (name === "closed") this.#open.delete(id)
    tellHandler(handlers, name, value)
  }

  #take(bytes: number): void {
    this.#taken += bytes
    if (this.#taken < tookBytes) return
    this.#post({ kind: "took", bytes: this.#taken })
    this.#taken = 0
  }
}
