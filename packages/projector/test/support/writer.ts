import { openRecords, type Records } from "@millrace/model"
import * as Y from "yjs"
import { looseSchema } from "./schema.ts"
import type { MemoryRelay } from "./memory-relay.ts"

/** Somebody who edits a workspace; each transaction becomes one log entry when it is pushed. */
export class Writer {
  readonly name: string
  readonly doc = new Y.Doc()
  readonly records: Records
  readonly #relay: MemoryRelay
  readonly #workspace: string
  #unsent: Uint8Array[] = []
  #seen = 0

  constructor(relay: MemoryRelay, workspace: string, name: string, clientId: number) {
    this.name = name
    this.#relay = relay
    this.#workspace = workspace
    this.doc.clientID = clientId
    this.records = openRecords(this.doc, looseSchema)
    this.doc.on("update", (update: Uint8Array, origin: unknown) => {
      if (origin !== this) this.#unsent.push(update)
    })
  }

  /** Sends what was written, each transaction as an entry; returns the last seq. */
  push(): number {
    for (const update of this.#unsent) this.#relay.append(this.#workspace, update, this.name)
    this.#unsent = []
    return this.#relay.head(this.#workspace)
  }

  /** Takes in what others sent. */
  pull(): void {
    for (const { update } of this.#relay.log(this.#workspace).slice(this.#seen)) Y.applyUpdate(this.doc, update, this)
    this.#seen = this.#relay.head(this.#workspace)
  }

  put(id: string, title: unknown, body?: unknown, collection = "notes"): number {
    this.records.collection(collection).put(id, body === undefined ? { title } : { title, body })
    return this.push()
  }

  delete(id: string, collection = "notes"): number {
    this.records.collection(collection).delete(id)
    return this.push()
  }
}
