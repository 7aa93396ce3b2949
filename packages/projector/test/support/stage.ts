import { rmSync } from "node:fs"
import { join } from "node:path"
import type { Schema } from "@millrace/model"
import { type Clock, silentLog, systemClock, systemRandom } from "@millrace/ports"
import { openLmdbStore } from "@millrace/store/lmdb"
import type { Store } from "@millrace/store"
import type { Target } from "@millrace/target"
import { atEndOfTests, tempDir, waitFor } from "@millrace/testkit"
import type { BindingSpec } from "../../src/binding.ts"
import type { JournalEntry } from "../../src/journal/entry.ts"
import { Ledger } from "../../src/journal/ledger.ts"
import type { ProjectorLimits } from "../../src/limits.ts"
import { openProjector, type Projector, type ProjectorOptions } from "../../src/projector.ts"
import { View } from "../../src/view/view.ts"
import { dumpView } from "./dump.ts"
import { MemoryRelay } from "./memory-relay.ts"
import { schema } from "./schema.ts"
import { Writer } from "./writer.ts"

/** Short waits: the tests wait for facts, the projector for nothing. */
export const quick: Partial<ProjectorLimits> = {
  deriveDelayMs: 0,
  retryBaseMs: 1,
  retryMaxMs: 4,
  statusDelayMs: 0,
  closeGraceMs: 200,
}

export interface StageOptions {
  readonly targets: readonly Target[]
  readonly bindings: readonly BindingSpec[]
  readonly limits?: Partial<ProjectorLimits>
  readonly observe?: NonNullable<ProjectorOptions["observe"]>
  readonly clock?: Clock
  /** Another than the common one. */
  readonly schema?: Schema
}

/** A folder, a relay in memory and a projector on both, that can be stopped and started. */
export class Stage {
  readonly folder: string = tempDir("projector")
  readonly relay: MemoryRelay = new MemoryRelay()
  readonly writer: Writer
  #running: { readonly projector: Projector; readonly view: View; readonly store: Store } | undefined
  #next = 100_000

  constructor() {
    this.writer = this.newWriter("ann")
    atEndOfTests(() => this.stop())
  }

  newWriter(name: string, workspace = "w"): Writer {
    return new Writer(this.relay, workspace, name, this.#next++)
  }

  async start(options: StageOptions): Promise<Projector> {
    const store = await openLmdbStore({ folder: join(this.folder, "journal") })
    const view = View.open(join(this.folder, "view"))
    try {
      const projector = await openProjector({
        schema,
        ...options,
        store,
        view,
        relay: this.relay.port(),
        limits: { ...quick, ...options.limits },
      })
      this.#running = { projector, view, store }
      return projector
    } catch (thrown) {
      await view.close()
      await store.close()
      throw thrown
    }
  }

  get projector(): Projector {
    if (this.#running === undefined) throw new Error("no projector runs")
    return this.#running.projector
  }

  get view(): View {
    if (this.#running === undefined) throw new Error("no projector runs")
    return this.#running.view
  }

  async stop(): Promise<void> {
    const running = this.#running
    this.#running = undefined
    await running?.projector.close()
    await running?.view.close()
    await running?.store.close()
  }

  /** Waits until everything that the relay has is derived, and nothing waits to be sent. */
  async settled(workspace = "w"): Promise<void> {
    await waitFor(
      () => {
        const report = this.projector.report(workspace)
        const waiting = report.targets.flatMap(({ bindings }) => bindings).filter(({ pending }) => pending > 0)
        const queued = this.view.bindingsOf(workspace).some(({ name }) => this.view.counts(name, workspace).queued > 0)
        return report.position === this.relay.head(workspace) && waiting.length === 0 && !queued
      },
      {
        what: "the projector to settle",
        everyMs: 2,
        detail: () => JSON.stringify(this.projector.report(workspace)),
      },
    )
  }

  /** Waits until nothing moves any more: everything is derived, and what may be sent and written back is. */
  async idle(workspace = "w"): Promise<void> {
    let before = ""
    let same = 0
    await waitFor(
      () => {
        const { view } = this
        const queued = view.bindingsOf(workspace).some(({ name }) => view.counts(name, workspace).queued > 0)
        const isDerived = this.projector.report(workspace).position === this.relay.head(workspace)
        const isWritten = view.pendings(workspace).length === 0
        const now = JSON.stringify([view.applied.seq, this.relay.head(workspace), this.status(workspace)])
        same = isDerived && isWritten && !queued && now === before ? same + 1 : 0
        before = now
        return same >= 10
      },
      { what: "the projector to rest", everyMs: 5, detail: () => JSON.stringify(this.projector.report(workspace)) },
    )
  }

  /** The seq up to which the journal's entries are gone. */
  async trimmed(): Promise<number> {
    return (await this.#running?.store.trimmed("journal/0")) ?? 0
  }

  /** Writes a journal as a program of another canonical form would have. */
  async journal(canonicalForm: number, entries: readonly JournalEntry[]): Promise<void> {
    const store = await openLmdbStore({ folder: join(this.folder, "journal") })
    const view = View.open(join(this.folder, "view"))
    try {
      const ports = { clock: systemClock, random: systemRandom, log: silentLog }
      const ledger = await Ledger.open({ store, stream: "journal/0", view, canonicalForm, ...ports })
      await ledger.commit(entries)
      await ledger.close()
    } finally {
      await view.close()
      await store.close()
    }
  }

  /** Loses the local view, between two lives. */
  loseView(): void {
    rmSync(join(this.folder, "view"), { recursive: true })
  }

  /** Every row of the view, between two lives. */
  dump(): Promise<string> {
    return dumpView(join(this.folder, "view"))
  }

  /** Waits until so many items are queued in all bindings together. */
  async outstanding(count: number, workspace = "w"): Promise<void> {
    await waitFor(
      () =>
        this.view.bindingsOf(workspace).reduce((sum, { name }) => sum + this.view.counts(name, workspace).queued, 0) ===
        count,
      {
        what: `${count} items to be outstanding`,
        everyMs: 2,
        detail: () => JSON.stringify(this.projector.report(workspace)),
      },
    )
  }

  /** The status document as plain JSON. */
  status(workspace = "w"): { watermarks: Record<string, unknown>; exceptions: Record<string, unknown> } {
    const doc = this.relay.status(`${workspace}~status`)
    return {
      watermarks: doc.getMap("watermarks").toJSON(),
      exceptions: doc.getMap("exceptions").toJSON(),
    }
  }

  /** Waits until a watermark stands at `seq`. */
  async shows(key: string, seq: number, workspace = "w"): Promise<void> {
    await waitFor(() => (this.status(workspace).watermarks[key] as { seq: number } | undefined)?.seq === seq, {
      what: `watermark ${key} at ${seq}`,
      everyMs: 2,
      detail: () => JSON.stringify(this.status(workspace)),
    })
  }
}
