import type { DocStore } from "@millrace/indexeddb"
import type { Clock, Timer } from "@millrace/ports"
import type { Permission } from "@millrace/protocol"
import type { HeldPosition } from "../link/doc-link.ts"
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
  #noted: Uint8Array | undefined
  #held: HeldPosition | undefined
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

  /** How far in the log the stored rows are. */
  get held(): HeldPosition | undefined {
    return this.#held
  }

  // In the store of the rows that it stands for: whatever takes these takes it too.
  holds(held: HeldPosition): void {
    this.#held = held
    this.#options.updates?.note("held", held)
  }

  isOwnClient(client: number): boolean {
    return client === this.#options.doc.clientID || this.#clients.has(client)
  }

  restore(notes: ReadonlyMap<string, unknown>): void {
    const permission = notes.get("permission")
    if (permission === "read" || permission === "write") this.#permission ??= permission
    const known = notes.get("known")
    if (known instanceof Uint8Array) this.#noted = this.#known ??= known
    const held = notes.get("held")
    if (isPosition(held)) this.#held ??= held
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

  /** Something was acknowledged. What is known is written once a second. */
  acknowledged(): void {
    if (!this.#look()) return
    this.#timer ??= this.#options.clock.after(settledMs, () => {
      this.#timer = undefined
      this.#write()
    })
  }

  /** Writes what is known now. */
  settle(): void {
    this.#look()
    this.#write()
  }

  stop(): void {
    this.#timer?.cancel()
  }

  /** Whether more is known than before. */
  #look(): boolean {
    if (!this.#options.isSettled()) return false
    const vector = Y.encodeStateVector(this.#options.doc)
    if (this.#known !== undefined && isSame(vector, this.#known)) return false
    this.#known = vector
    return true
  }

  #write(): void {
    if (this.#known === this.#noted) return
    this.#noted = this.#known
    this.#options.updates?.note("known", this.#known)
  }
}

function isPosition(value: unknown): value is HeldPosition {
  if (typeof value !== "object" || value === null) return false
  const { generation, seq } = value as Partial<Record<keyof HeldPosition, unknown>>
  return typeof generation === "number" && typeof seq === "number"
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at])
}
