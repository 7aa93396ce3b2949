import type { DocStore } from "@millrace/indexeddb"
import type { Clock, Timer } from "@millrace/ports"
import type { Permission } from "@millrace/protocol"
import * as Y from "yjs"

const settledMs = 1_000
/** Client ids that are remembered: one a session that wrote. */
const maxClients = 1_000
const clientPrefix = "client."

export interface SessionNotesOptions {
  readonly doc: Y.Doc
  readonly clock: Clock
  /** Undefined where nothing is kept. */
  readonly updates: DocStore | undefined
  /** Whether all that the document has is on the relay's disk. */
  readonly isSettled: () => boolean
}

/** What a browser remembers of its sessions beside the document: what it may do, which writes were its own, and what the relay had. */
export class SessionNotes {
  readonly #options: SessionNotesOptions
  readonly #clients = new Set<number>()
  #permission: Permission | undefined
  #known: Uint8Array | undefined
  #timer: Timer | undefined

  constructor(options: SessionNotesOptions) {
    this.#options = options
  }

  /** As last told by the relay, perhaps in an earlier session. */
  get permission(): Permission | undefined {
    return this.#permission
  }

  /** State vector of what the relay had on disk when everything here was; an empty one while that was never so. */
  get known(): Uint8Array {
    return this.#known ?? Y.encodeStateVector(new Map())
  }

  isOwnClient(client: number): boolean {
    return client === this.#options.doc.clientID || this.#clients.has(client)
  }

  restore(notes: ReadonlyMap<string, unknown>): void {
    const permission = notes.get("permission")
    if (permission === "read" || permission === "write") this.#permission ??= permission
    const known = notes.get("known")
    if (known instanceof Uint8Array) this.#known ??= known
    for (const name of notes.keys()) {
      if (name.startsWith(clientPrefix) && this.#clients.size < maxClients)
        this.#clients.add(Number(name.slice(clientPrefix.length)))
    }
  }

  permitted(permission: Permission | undefined): void {
    if (permission === undefined || permission === this.#permission) return
    this.#permission = permission
    this.#options.updates?.note("permission", permission)
  }

  /** This session wrote. */
  wrote(): void {
    const { doc, updates } = this.#options
    if (this.#clients.has(doc.clientID)) return
    this.#clients.add(doc.clientID)
    updates?.note(`${clientPrefix}${doc.clientID}`, true)
  }

  /** Something was acknowledged: looked at once a second. */
  acknowledged(): void {
    this.#timer ??= this.#options.clock.after(settledMs, () => {
      this.#timer = undefined
      this.settle()
    })
  }

  /** Remembers what the relay has, if that is everything. */
  settle(): void {
    const { doc, updates, isSettled } = this.#options
    if (!isSettled()) return
    const vector = Y.encodeStateVector(doc)
    if (this.#known !== undefined && isSame(vector, this.#known)) return
    this.#known = vector
    updates?.note("known", vector)
  }

  stop(): void {
    this.#timer?.cancel()
  }
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at])
}
