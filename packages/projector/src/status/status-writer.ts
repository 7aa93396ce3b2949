import type { RunReport } from "@millrace/target"
import type { RawDocument } from "@millrace/client/node"
import { redrawReservedClientId } from "@millrace/model"
import { type Clock, type Log, messageOf, type Random, type Timer } from "@millrace/ports"
import * as Y from "yjs"
import type { RecordName } from "../journal/entry.ts"
import type { RelayPort } from "../relay-port.ts"
import type { StatusException } from "../view/exception.ts"
import type { View } from "../view/view.ts"
import { exceptionsOf, sameJson, watermarkKey, type StatusWatermark, watermarkOf } from "./status-entries.ts"

export interface StatusWriterOptions {
  readonly workspace: string
  readonly relay: RelayPort
  readonly view: View
  readonly delayMs: number
  readonly maxExceptions: number
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** The relay refused the document for good: make another writer later. Called once at most. */
  readonly onRefused: () => void
  /** What runs in the targets, by key. */
  readonly runs?: () => ReadonlyMap<string, RunReport>
}

/**
 * Keeps one workspace's status document equal to what the journal justifies.
 *
 * It writes only what differs, watermarks and exceptions in one transaction: whoever sees a watermark pass a touch
 * also sees the exception about it. The first write compares everything, so that a restart, or a journal that was
 * lost, leaves nothing stale behind. Nothing is written before the document is in step with the relay.
 */
export class StatusWriter {
  readonly #options: StatusWriterOptions
  readonly #doc = new Y.Doc()
  readonly #document: RawDocument
  readonly #watermarks: Y.Map<StatusWatermark>
  readonly #exceptions: Y.Map<StatusException>
  readonly #runs: Y.Map<RunReport>
  readonly #dirty = new Map<string, RecordName>()
  /** Keys that found no room. */
  readonly #hidden = new Map<string, RecordName>()
  #synced = false
  #compared = false
  #closed = false
  #isRefused = false
  #timer: Timer | undefined

  constructor(options: StatusWriterOptions) {
    this.#options = options
    redrawReservedClientId(this.#doc, options.random)
    this.#watermarks = this.#doc.getMap("watermarks")
    this.#exceptions = this.#doc.getMap("exceptions")
    this.#runs = this.#doc.getMap("runs")
    this.#document = options.relay.document({
      workspace: `${options.workspace}~status`,
      doc: this.#doc,
      onError: (error) => {
        this.#warn("status document disconnected", error)
        if (error.retry === "never") this.#refused()
      },
    })
    this.#document.synced.then(
      () => {
        this.#synced = true
        this.#schedule(0)
      },
      (error: unknown) => {
        this.#warn("status document refused", error)
        this.#refused()
      },
    )
  }

  /** The view changed, for these records' exceptions. */
  mark(names: readonly RecordName[]): void {
    if (this.#compared) for (const name of names) this.#dirty.set(JSON.stringify(name), name)
    this.#schedule(this.#options.delayMs)
  }

  /** Writes what is due and waits until the relay has it on disk, at most `graceMs`. Idempotent. */
  async close(graceMs: number): Promise<void> {
    if (this.#closed) return
    this.#timer?.cancel()
    if (this.#synced && !this.#isRefused) {
      this.#write()
      let timer: Timer | undefined
      const late = new Promise<void>((resolve) => (timer = this.#options.clock.after(graceMs, resolve)))
      const flushed = this.#document.flushed().then(
        () => undefined,
        () => undefined,
      )
      await Promise.race([flushed, late])
      timer?.cancel()
    }
    this.#closed = true
    this.#document.close()
    this.#doc.destroy()
  }

  #schedule(delayMs: number): void {
    if (!this.#synced || this.#closed || this.#timer !== undefined) return
    this.#timer = this.#options.clock.after(delayMs, () => {
      this.#timer = undefined
      this.#write()
    })
  }

  #write(): void {
    if (this.#closed) return
    const { view, workspace } = this.#options
    this.#doc.transact(() => {
      this.#writeExceptions()
      this.#writeRuns()
      // Without room for every exception a moving watermark would show refused records as accepted.
      if (this.#hidden.size > 0) return
      const keys = new Set<string>()
      for (const binding of view.bindingsOf(workspace)) {
        const key = watermarkKey(binding)
        keys.add(key)
        const value = watermarkOf(view, workspace, binding)
        if (value !== undefined) this.#setWatermark(key, value)
      }
      for (const key of this.#watermarks.keys()) if (!keys.has(key)) this.#watermarks.delete(key)
    }, this)
  }

  #writeExceptions(): void {
    const { view, workspace } = this.#options
    if (!this.#compared) {
      this.#compared = true
      this.#dirty.clear()
      const due = exceptionsOf(view, workspace, view.exceptional(workspace))
      for (const key of this.#exceptions.keys()) if (due.get(key) === undefined) this.#exceptions.delete(key)
      for (const name of view.exceptional(workspace)) this.#dirty.set(JSON.stringify(name), name)
    }
    const names = [...this.#dirty.values(), ...this.#hidden.values()]
    this.#dirty.clear()
    this.#hidden.clear()
    for (const name of names) {
      for (const [key, value] of exceptionsOf(view, workspace, [name])) {
        if (value === undefined) this.#exceptions.delete(key)
        else if (this.#exceptions.has(key) || this.#exceptions.size < this.#options.maxExceptions) {
          if (!sameJson(this.#exceptions.get(key), value)) this.#exceptions.set(key, value)
        } else this.#hidden.set(JSON.stringify(name), name)
      }
    }
  }

  #writeRuns(): void {
    const due = this.#options.runs?.()
    if (due === undefined) return
    for (const key of this.#runs.keys()) if (!due.has(key)) this.#runs.delete(key)
    for (const [key, report] of due) if (!sameJson(this.#runs.get(key), report)) this.#runs.set(key, report)
  }

  #setWatermark(key: string, value: StatusWatermark): void {
    const shown = this.#watermarks.get(key)
    if (sameJson(shown, value)) return
    const sameLine =
      shown !== undefined &&
      shown.generation === value.generation &&
      shown.bindingRevision === value.bindingRevision &&
      sameJson(shown.collections, value.collections)
    // It never goes back within one generation and revision.
    if (sameLine && shown.seq > value.seq && this.#journalKnows(shown)) return
    this.#watermarks.set(key, value)
  }

  /** A mark beyond the position was made by a journal that is lost: it must not hide what is derived anew. */
  #journalKnows(shown: StatusWatermark): boolean {
    const { view, workspace } = this.#options
    return shown.seq <= (view.position(workspace)?.seq ?? 0)
  }

  #refused(): void {
    if (this.#closed || this.#isRefused) return
    this.#isRefused = true
    this.#options.onRefused()
  }

  #warn(event: string, error: unknown): void {
    if (!this.#closed) this.#options.log.warn(event, { workspace: this.#options.workspace, detail: messageOf(error) })
  }
}
