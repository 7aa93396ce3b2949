import { MillraceError } from "@millrace/ports"
import { frameTypes } from "@millrace/protocol"
import * as decoding from "lib0/decoding"
import * as encoding from "lib0/encoding"

/** One client's presence; `state` is the JSON text's bytes, passed on as they came. */
interface Presence {
  readonly client: number
  readonly clock: number
  readonly state: Uint8Array
}

interface Owned extends Presence {
  readonly owner: object
}

const gone = new TextEncoder().encode("null")
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

/**
 * The latest presence of every client in a room, by the rules of y-protocols 1.0.7 `awareness.js`: a higher clock wins, and an
 * equal clock only to say goodbye. Clients repeat what they hear; only what is news is passed on.
 */
export class AwarenessTable {
  readonly #presences = new Map<number, Owned>()
  readonly #maxClientsPerOwner: number

  constructor(maxClientsPerOwner: number) {
    this.#maxClientsPerOwner = maxClientsPerOwner
  }

  /**
   * Takes in a frame's payload; the frame to pass on, or undefined where it is no news.
   *
   * Throws kind `corrupt` for bytes that do not decode or states that clients could not read, and `rate-limited` where one connection speaks for too many.
   */
  receive(owner: object, payload: Uint8Array): Uint8Array | undefined {
    const news = decodePresences(payload).filter((presence) => this.#isNews(presence))
    // All are looked at before any is kept: a frame is taken whole or not at all.
    for (const presence of news) checkReadable(presence)
    for (const presence of news) {
      const { client } = presence
      // A frame may speak of one client twice.
      if (!this.#isNews(presence)) continue
      if (isGone(presence)) this.#presences.delete(client)
      else this.#presences.set(client, { ...presence, owner: this.#presences.get(client)?.owner ?? owner })
    }
    if (this.#countOf(owner) > this.#maxClientsPerOwner) {
      throw new MillraceError(`One connection may speak for ${this.#maxClientsPerOwner} present clients.`, {
        kind: "rate-limited",
      })
    }
    return news.length === 0 ? undefined : encodeFrame(news)
  }

  /** Everybody who is present, for a joiner; undefined where nobody is. */
  snapshot(): Uint8Array | undefined {
    return this.#presences.size === 0 ? undefined : encodeFrame([...this.#presences.values()])
  }

  /** Forgets the clients of a connection that ended; the frame that says goodbye for them. */
  leave(owner: object): Uint8Array | undefined {
    const left = [...this.#presences.values()].filter((presence) => presence.owner === owner)
    for (const { client } of left) this.#presences.delete(client)
    return left.length === 0 ? undefined : encodeFrame(left.map((presence) => ({ ...presence, state: gone })))
  }

  #isNews(presence: Presence): boolean {
    const known = this.#presences.get(presence.client)
    if (known === undefined) return !isGone(presence)
    return presence.clock > known.clock || (presence.clock === known.clock && isGone(presence))
  }

  #countOf(owner: object): number {
    let count = 0
    for (const presence of this.#presences.values()) if (presence.owner === owner) count += 1
    return count
  }
}

function isGone({ state }: Presence): boolean {
  return state.length === gone.length && gone.every((byte, index) => state[index] === byte)
}

/** Stock clients decode and parse every state without a net: one that cannot be read would throw at each of them. */
function checkReadable({ state }: Presence): void {
  try {
    JSON.parse(utf8.decode(state))
  } catch (cause) {
    throw new MillraceError("The presence is no JSON text in UTF-8; reconnect.", { kind: "corrupt", cause })
  }
}

function decodePresences(payload: Uint8Array): readonly Presence[] {
  try {
    const decoder = decoding.createDecoder(payload)
    const presences: Presence[] = []
    for (let left = decoding.readVarUint(decoder); left > 0; left--) {
      const client = decoding.readVarUint(decoder)
      const clock = decoding.readVarUint(decoder)
      presences.push({ client, clock, state: decoding.readVarUint8Array(decoder).slice() })
    }
    if (decoding.hasContent(decoder)) throw new RangeError("bytes follow the awareness update")
    return presences
  } catch (cause) {
    throw new MillraceError("The awareness frame does not decode; reconnect.", { kind: "corrupt", cause })
  }
}

function encodeFrame(presences: readonly Presence[]): Uint8Array {
  const payload = encoding.encode((encoder) => {
    encoding.writeVarUint(encoder, presences.length)
    for (const { client, clock, state } of presences) {
      encoding.writeVarUint(encoder, client)
      encoding.writeVarUint(encoder, clock)
      encoding.writeVarUint8Array(encoder, state)
    }
  })
  return encoding.encode((encoder) => {
    encoding.writeVarUint(encoder, frameTypes.awareness)
    encoding.writeVarUint8Array(encoder, payload)
  })
}
