import type { TabChannel, Tabs } from "@millrace/indexeddb"
import * as Y from "yjs"

/**
 * To all tabs that have the document open. `vector` is what a tab has that has just loaded; who answers sends what the store of the browser does not
 * hold yet of its own.
 */
type ExchangeMessage =
  | { readonly kind: "update"; readonly update: Uint8Array }
  | { readonly kind: "hello"; readonly from: string; readonly vector: Uint8Array }
  /** The local copy is going to be deleted. */
  | { readonly kind: "wipe" }
  | { readonly kind: "answer"; readonly to: string; readonly update: Uint8Array | undefined }

export interface DocExchangeOptions {
  readonly tabs: Tabs
  /** Of the local copy that the tabs share. */
  readonly name: string
  readonly doc: Y.Doc
  /** Names this tab. */
  readonly session: string
  /** Whether updates of this origin were made in this tab. */
  readonly isOwn: (origin: unknown) => boolean
  /** What is not in the store that tabs share, given the state vector of who asks; undefined where there is nothing. */
  readonly unstored: (vector: Uint8Array) => Uint8Array | undefined
  /** Reads from that store what other tabs appended. */
  readonly readOn: () => void
  readonly onWipe: () => void
  readonly onFault: (thrown: unknown) => void
}

/**
 * Edits of one tab in all others at once, with or without network.
 *
 * What comes in is for this tab an edit of its own browser: it keeps it, and sends it to the relay, so that the edit outlives the tab that it was made in, and
 * counts as durable here only when the relay acknowledged it here. Hears from construction on; `start` once the local copy is loaded.
 */
export class DocExchange {
  readonly #options: DocExchangeOptions
  readonly #channel: TabChannel

  constructor(options: DocExchangeOptions) {
    this.#options = options
    this.#channel = options.tabs.channel(`millrace doc 1 ${options.name}`, (message) =>
      this.#hear(message as ExchangeMessage),
    )
    options.doc.on("update", this.#tell)
  }

  /** Asks the others for what the store did not hold yet when it was read. */
  start(): void {
    const { session, doc } = this.#options
    this.#post({ kind: "hello", from: session, vector: Y.encodeStateVector(doc) })
  }

  /** Tells the others to let go of the local copy. */
  wipe(): void {
    this.#post({ kind: "wipe" })
  }

  /** Idempotent. */
  close(): void {
    this.#options.doc.off("update", this.#tell)
    this.#channel.close()
  }

  readonly #tell = (update: Uint8Array, origin: unknown): void => {
    if (origin !== this && this.#options.isOwn(origin)) this.#post({ kind: "update", update })
  }

  #hear(message: ExchangeMessage): void {
    const { session, unstored, readOn } = this.#options
    if (message.kind === "wipe") this.#options.onWipe()
    if (message.kind === "update") this.#apply(message.update)
    if (message.kind === "hello") {
      this.#post({ kind: "answer", to: message.from, update: unstored(message.vector) })
      // Who has just loaded may have appended while this tab was not listening.
      readOn()
    }
    if (message.kind === "answer" && message.to === session) {
      if (message.update !== undefined) this.#apply(message.update)
      // What was stored between the reading and this answer.
      readOn()
    }
  }

  #apply(update: Uint8Array): void {
    try {
      Y.applyUpdate(this.#options.doc, update, this)
    } catch (thrown) {
      this.#options.onFault(thrown)
    }
  }

  #post(message: ExchangeMessage): void {
    this.#channel.post(message)
  }
}
