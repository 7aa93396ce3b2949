import { MillraceError } from "@millrace/ports"
import { frameTypes } from "@millrace/protocol"
import * as decoding from "lib0/decoding"
import * as encoding from "lib0/encoding"
import { SharedFrame } from "./frame.ts"

/** One client's presence; `state` is the JSON text's bytes, passed on as they came. */
interface Presence {
  readonly client: number
  readonly clock: number
  readonly state: Uint8Array
}

interface Owned extends Presence {
  readonly owner: object
  /** Number of the change, of all in the room, that made it what it is. */
  readonly change: number
}

const maxGone = 10_000
const gone = new TextEncoder().encode("null")
/** About nobody: shows a client that the other side lives, and changes nothing. */
export const emptyPresence: SharedFrame = new SharedFrame(Uint8Array.of(frameTypes.awareness, 1, 0))
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

/**
 * The latest presence of every client in a room, by the rules of y-protocols 1.0.7 `awareness.js`: a higher clock wins, and an
 * equal clock only to say goodbye. Clients repeat what they hear; only what is news counts as a change.
 *
 * Changes are numbered, and whoever has seen up to one is told the latest of each client that changed since: what happens between
 * two tellings costs one frame, and one who reads slowly never has more waiting than there are clients.
 */
export class AwarenessTable {
  readonly #presences = new Map<number, Owned>()
  /** Who left, until everybody has heard so. */
  readonly #gone = new Map<number, Owned>()
  readonly #maxClientsPerOwner: number
  #change = 0
  #shared: { readonly after: number; readonly change: number; readonly frame: SharedFrame } | undefined

  constructor(maxClientsPerOwner: number) {
    this.#maxClientsPerOwner = maxClientsPerOwner
  }

  /** Number of the last change. */
  get change(): number {
    return this.#change
  }

  /**
   * Takes in a frame's payload; whether it is news.
   *
   * Throws kind `corrupt` for bytes that do not decode or states that clients could not read, and `rate-limited` where one connection speaks for too many.
   */
  receive(owner: object, payload: Uint8Array): boolean {
    const news = decodePresences(payload).filter((presence) => this.#isNews(presence))
    // All are looked at before any is kept: a frame is taken whole or not at all.
    for (const presence of news) checkReadable(presence)
    for (const presence of news) {
      const { client } = presence
      // A frame may speak of one client twice.
      if (!this.#isNews(presence)) continue
      this.#change += 1
      const owned = { ...presence, owner: this.#presences.get(client)?.owner ?? owner, change: this.#change }
      if (isGone(presence)) this.#leave(owned)
      else {
        this.#gone.delete(client)
        this.#presences.set(client, owned)
      }
    }
    if (this.#countOf(owner) > this.#maxClientsPerOwner) {
      throw new MillraceError(`One connection may speak for ${this.#maxClientsPerOwner} present clients.`, {
        kind: "rate-limited",
      })
    }
    return news.length > 0
  }

  /** Forgets the clients of a connection that ended; whether there were any. */
  leave(owner: object): boolean {
    const left = [...this.#presences.values()].filter((presence) => presence.owner === owner)
    for (const presence of left) {
      this.#change += 1
      this.#leave({ ...presence, state: gone, change: this.#change })
    }
    return left.length > 0
  }

  /** Everybody who is present, for a joiner; undefined where nobody is. */
  snapshot(): SharedFrame | undefined {
    return this.#presences.size === 0 ? undefined : new SharedFrame(encodeFrame([...this.#presences.values()]))
  }

  /** What changed after change number `seen`; those who have seen the same share one frame. Undefined where nothing did. */
  since(seen: number): SharedFrame | undefined {
    if (seen >= this.#change) return undefined
    if (this.#shared?.after !== seen || this.#shared.change !== this.#change) {
      const changed = [...this.#presences.values(), ...this.#gone.values()].filter(({ change }) => change > seen)
      this.#shared = { after: seen, change: this.#change, frame: new SharedFrame(encodeFrame(changed)) }
    }
    return this.#shared.frame
  }

  /** Everybody has seen the changes up to this one. */
  seenByAll(change: number): void {
    for (const [client, left] of this.#gone) if (left.change <= change) this.#gone.delete(client)
  }

  #leave(presence: Owned): void {
    this.#presences.delete(presence.client)
    this.#gone.set(presence.client, presence)
    const [oldest] = this.#gone.keys()
    // Whoever reads so slowly forgets them by itself, as it does those of whom nothing is heard.
    if (this.#gone.size > maxGone && oldest !== undefined) this.#gone.delete(oldest)
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
