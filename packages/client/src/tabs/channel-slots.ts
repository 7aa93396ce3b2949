import type { MillraceError } from "@millrace/ports"
import type { Channel, ChannelHandlers, ChannelRequest } from "../relay/channel.ts"

/** What a channel can be opened on. */
export interface Way {
  openChannel(request: ChannelRequest, handlers: ChannelHandlers): Channel
}

interface Slot {
  readonly request: ChannelRequest
  readonly handlers: ChannelHandlers
  /** Undefined while there is no way. */
  via: Channel | undefined
}

/** A tab's channels, those that wait for a way included; each is told `closed` once at most, and is dead then. */
export class ChannelSlots {
  readonly #slots = new Set<Slot>()

  /** Opened at once where there is a way. */
  add(request: ChannelRequest, handlers: ChannelHandlers, way: Way | undefined): Channel {
    const slot: Slot = { request, handlers, via: undefined }
    this.#slots.add(slot)
    if (way !== undefined) this.#attach(slot, way)
    return {
      send: (frame) => slot.via?.send(frame),
      close: () => {
        if (this.#slots.delete(slot)) slot.via?.close()
      },
    }
  }

  /** Opens those that wait. */
  attachAll(way: Way): void {
    for (const slot of this.#slots) if (slot.via === undefined) this.#attach(slot, way)
  }

  /** Ends those that have a way, which is gone; the others go on waiting. */
  detachAll(error: MillraceError): void {
    this.#endEach(
      [...this.#slots].filter(({ via }) => via !== undefined),
      error,
    )
  }

  endAll(error: MillraceError): void {
    this.#endEach([...this.#slots], error)
  }

  // All are let go before any is told: handlers may ask for a new channel at once.
  #endEach(slots: readonly Slot[], error: MillraceError): void {
    for (const slot of slots) {
      this.#slots.delete(slot)
      slot.via?.close()
    }
    for (const { handlers } of slots) handlers.closed(error)
  }

  #attach(slot: Slot, way: Way): void {
    const closed = (error: MillraceError): void => {
      if (this.#slots.delete(slot)) slot.handlers.closed(error)
    }
    slot.via = way.openChannel(slot.request, { ...slot.handlers, closed })
  }
}
