import type { RawDocument } from "@millrace/client/node"
import {
  type Collection,
  openRecords,
  parseCanonical,
  type Records,
  reservedClientIds,
  resolutionsOf,
  type Schema,
  type Value,
} from "@millrace/model"
import { type Clock, type Log, messageOf, MillraceError, sleep, type Timer } from "@millrace/ports"
import * as Y from "yjs"
import type { Ledger } from "../journal/ledger.ts"
import { type PendingWrite, wholeRecord } from "../journal/two-way-entries.ts"
import type { RelayPort } from "../relay-port.ts"
import { fieldsOf } from "./fields.ts"

export interface DocumentWriterOptions {
  readonly workspace: string
  readonly generation: number
  readonly relay: RelayPort
  readonly ledger: Ledger
  readonly schema: Schema
  /** What is known of the document by now: less to fetch. */
  readonly encoded: () => Uint8Array
  readonly idleMs: number
  readonly deadlineMs: number
  readonly clock: Clock
  readonly log: Log
}

export interface WriteBack {
  readonly collection: string
  readonly id: string
  readonly fields: PendingWrite["fields"]
}

/** Where the next transaction of the writer stands: whoever holds more than `clock` of `client` has it. */
export interface WriterPlace {
  readonly client: number
  readonly clock: number
}

interface Session {
  readonly doc: Y.Doc
  readonly document: RawDocument
  readonly records: Records
}

/** The origin of write-backs, for undo and for whoever watches the document. */
const origin = "projector"

/**
 * Writes what targets say onto a workspace's live document, as one more client.
 *
 * Its client ids are reserved ones, of class 0: a person who had not seen the write-back wins over it. Each is leased
 * from the journal before it is used and never used again, by nobody. The document is opened when there is something
 * to write and closed after a while of silence.
 */
export class DocumentWriter {
  readonly #options: DocumentWriterOptions
  #opening: Promise<Session> | undefined
  #idle: Timer | undefined
  #closed = false

  constructor(options: DocumentWriterOptions) {
    this.#options = options
  }

  /** Opens the document where it is not open. */
  async place(): Promise<WriterPlace> {
    const { doc } = await this.#session()
    return { client: doc.clientID, clock: Y.getState(doc.store, doc.clientID) }
  }

  /**
   * Writes in one transaction and resolves when the relay has it on disk. A field that is no longer what the decision
   * found is left alone, with its record: what was decided is out of date.
   *
   * @returns records that were left alone, and why, for people
   */
  async write(writes: readonly WriteBack[]): Promise<readonly (WriteBack & { readonly reason: string })[]> {
    const { doc, records, document } = await this.#session()
    const left: (WriteBack & { readonly reason: string })[] = []
    doc.transact(() => {
      const clock = Y.getState(doc.store, doc.clientID)
      for (const write of writes) {
        const reason = this.#writeOne(records, write)
        if (reason !== undefined) left.push({ ...write, reason })
      }
      // A deletion, or a value that is there already, adds nothing of ours: then this says that the write has landed.
      if (Y.getState(doc.store, doc.clientID) === clock) doc.getMap("$writeBacks").set("last", doc.clientID)
    }, origin)
    await this.#flushed(document)
    return left
  }

  /** Takes answers that were carried out off the document. */
  async forget(conflicts: readonly string[]): Promise<void> {
    const { doc, document } = await this.#session()
    const answers = resolutionsOf(doc)
    doc.transact(() => {
      for (const id of conflicts) if (answers.has(id)) answers.delete(id)
    }, origin)
    await this.#flushed(document)
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#end()
  }

  #writeOne(records: Records, { collection, id, fields }: WriteBack): string | undefined {
    const target = records.collection<string>(collection) as unknown as Collection
    const whole = fields[wholeRecord]
    try {
      if (whole !== undefined) {
        const now = records.canonical(collection, id) ?? null
        if (now !== whole.local) return "it was changed meanwhile"
        if (whole.value === null) target.delete(id)
        else target.put(id, parseCanonical(whole.value) as never)
        return undefined
      }
      if (!target.has(id)) return "it was deleted meanwhile"
      const patch: Record<string, Value | undefined> = {}
      for (const [field, { value, local }] of Object.entries(fields)) {
        const now = fieldText(records, collection, id, field)
        if (now !== local && now !== value) return `${field} was changed meanwhile`
        Object.defineProperty(patch, field, {
          value: value === null ? undefined : parseCanonical(value),
          enumerable: true,
        })
      }
      target.update(id, patch)
      return undefined
    } catch (thrown) {
      // What the schema refuses is not written: it stays a difference between both sides that people see.
      return messageOf(thrown)
    }
  }

  async #flushed(document: RawDocument): Promise<void> {
    const { clock, deadlineMs } = this.#options
    this.#idle?.cancel()
    const late = sleep(clock, deadlineMs).then(() => {
      throw new MillraceError("The relay did not confirm a write-back in time; it is looked for again.", {
        kind: "timeout",
        retry: "now",
      })
    })
    late.catch(() => {})
    await Promise.race([document.flushed(), late])
    this.#idle?.cancel()
    this.#idle = clock.after(this.#options.idleMs, () => void this.#end())
  }

  #session(): Promise<Session> {
    if (this.#closed) throw new MillraceError("The projector is closed.", { kind: "closed" })
    this.#idle?.cancel()
    this.#opening ??= this.#open().catch((thrown: unknown) => {
      this.#opening = undefined
      throw thrown
    })
    return this.#opening
  }

  async #open(): Promise<Session> {
    const { workspace, generation, relay, ledger, schema, encoded, clock, deadlineMs } = this.#options
    const doc = new Y.Doc()
    Y.applyUpdate(doc, encoded(), this)
    const ref = generation === 1 ? workspace : `${workspace}@${generation}`
    // Until it is in step nothing is written, so its id does not matter yet.
    const document = relay.document({
      workspace: ref,
      doc,
      generation,
      onError: (error) => this.#options.log.warn("write-back document", { workspace, detail: error.message }),
    })
    try {
      const late = sleep(clock, deadlineMs).then(() => {
        throw new MillraceError("The relay did not open the document in time.", { kind: "timeout", retry: "now" })
      })
      late.catch(() => {})
      await Promise.race([document.synced, late])
      // Ids in the document count too: a journal that was lost does not know them.
      const used = [...doc.store.clients.keys()].filter((client) => client < reservedClientIds)
      const client = Math.max(ledger.view.lastWriter(workspace, generation), ...used, 0) + 1
      if (client >= reservedClientIds) {
        throw new MillraceError(
          `Every reserved client id of ${workspace} is used up: begin a new generation of the workspace.`,
          { kind: "unsupported" },
        )
      }
      await ledger.commit([{ kind: "writer", workspace, generation, client }])
      doc.clientID = client
      return { doc, document, records: openRecords(doc, schema) }
    } catch (thrown) {
      document.close()
      doc.destroy()
      throw thrown
    }
  }

  async #end(): Promise<void> {
    this.#idle?.cancel()
    const opening = this.#opening
    this.#opening = undefined
    const session = await opening?.catch(() => undefined)
    if (session === undefined) return
    session.document.close()
    session.records.destroy()
    session.doc.destroy()
  }
}

function fieldText(records: Records, collection: string, id: string, field: string): string | null {
  return fieldsOf(records.canonical(collection, id)).get(field) ?? null
}
