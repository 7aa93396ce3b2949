import type { TabChannel, Tabs } from "@millrace/indexeddb"
import { MillraceError } from "@millrace/ports"
import type { Channel } from "../relay/channel.ts"
import type { RelayLink } from "../relay/relay-link.ts"
import type { SocketState } from "../relay/socket-state.ts"
import {
  type GuestMessage,
  type HandlerName,
  type HostMessage,
  passOn,
  plainError,
  type PlainError,
  weightOf,
} from "./tab-messages.ts"

/** What may wait in a member that does not take it in, a frozen tab for instance. */
const maxWaitingBytes = 64 * 1024 * 1024

export interface HostDeskOptions {
  readonly tabs: Tabs
  readonly relay: RelayLink
  /** Of a member's line in this term. */
  readonly lineOf: (member: string) => string
  /** The lock that a member holds while it lives. */
  readonly lifeOf: (member: string) => string
}

interface Guest {
  readonly line: TabChannel
  readonly channels: Map<number, Channel>
  readonly gone: AbortController
  waitingBytes: number
}

/** The leader's side: every channel of every member is one on the one socket, with counts of its own. */
export class HostDesk {
  readonly #options: HostDeskOptions
  readonly #guests = new Map<string, Guest>()
  readonly #unwatch: () => void
  #state: SocketState = "idle"
  #error: PlainError | undefined

  constructor(options: HostDeskOptions) {
    this.#options = options
    this.#unwatch = options.relay.watch((state, error) => {
      this.#state = state
      this.#error = error && plainError(error)
      for (const { line } of this.#guests.values()) this.#post(line, this.#word())
    })
  }

  /** Takes a member in, with a new line where it had one; it goes when its life's lock is free. */
  admit(member: string): void {
    this.#dismiss(member)
    const { tabs, lineOf, lifeOf } = this.#options
    const gone = new AbortController()
    const line = tabs.channel(lineOf(member), (message) => this.#hear(member, message as GuestMessage))
    const guest: Guest = { line, channels: new Map(), gone, waitingBytes: 0 }
    this.#guests.set(member, guest)
    this.#post(line, this.#word())
    const leave = async (): Promise<void> => {
      if (this.#guests.get(member) === guest) this.#dismiss(member)
    }
    tabs.lead(lifeOf(member), gone.signal, leave).catch(() => {})
  }

  /** Closes the channels of all members, which hear nothing of it: they follow the next leader. Idempotent. */
  close(): void {
    this.#unwatch()
    for (const member of this.#guests.keys()) this.#dismiss(member)
  }

  #dismiss(member: string): void {
    const guest = this.#guests.get(member)
    if (guest === undefined) return
    this.#guests.delete(member)
    guest.gone.abort()
    for (const channel of guest.channels.values()) channel.close()
    guest.line.close()
  }

  #hear(member: string, message: GuestMessage): void {
    const guest = this.#guests.get(member)
    if (guest === undefined) return
    switch (message.kind) {
      case "open":
        return this.#open(guest, message)
      case "data":
        return guest.channels.get(message.id)?.send(message.payload)
      case "shut":
        guest.channels.get(message.id)?.close()
        guest.channels.delete(message.id)
        return
      case "ask":
        return this.#post(guest.line, { kind: "here" })
      case "wake":
        return this.#options.relay.wake()
      case "took":
        guest.waitingBytes -= message.bytes
        return
    }
  }

  #open(guest: Guest, { id, request, position }: Extract<GuestMessage, { kind: "open" }>): void {
    const handlers = passOn((name, value) => this.#tell(guest, id, name, value))
    guest.channels.set(id, this.#options.relay.openChannel({ ...request, position: () => position }, handlers))
  }

  #tell(guest: Guest, id: number, name: HandlerName, value: unknown): void {
    const weight = weightOf(value)
    if (weight > 0 && guest.waitingBytes > maxWaitingBytes) {
      guest.channels.get(id)?.close()
      guest.channels.delete(id)
      return this.#post(guest.line, { kind: "told", id, name: "closed", value: plainError(slowError()) })
    }
    guest.waitingBytes += weight
    if (name === "closed") guest.channels.delete(id)
    this.#post(guest.line, { kind: "told", id, name, value })
  }

  #word(): HostMessage {
    return { kind: "state", state: this.#state, error: this.#error }
  }

  #post(line: TabChannel, message: HostMessage): void {
    line.post(message)
  }
}

function slowError(): MillraceError {
  return new MillraceError("This tab took in too little of what the relay sent; it synchronises again.", {
    kind: "unavailable",
    retry: "now",
  })
}
