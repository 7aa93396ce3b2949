import { asMillraceError, type Clock, type Log, messageOf, sleep } from "@millrace/ports"
import type { Change, Receipt } from "@millrace/target"
import type { Binding } from "../binding.ts"
import type { Receipts } from "../journal/entry.ts"
import type { Ledger } from "../journal/ledger.ts"
import { splitReceipts } from "../journal/split.ts"
import type { ProjectorLimits } from "../limits.ts"
import { BatchWindow } from "./batch-window.ts"
import { withDeadline } from "./deadline.ts"
import { judge, type Verdict } from "./judge.ts"
import type { TargetLink } from "./target-link.ts"

export interface CourierOptions {
  readonly binding: Binding
  readonly link: TargetLink
  readonly ledger: Ledger
  readonly limits: ProjectorLimits
  readonly clock: Clock
  readonly log: Log
  /** Workspaces from which nothing may be sent at present. */
  readonly isHeld: (workspace: string) => boolean
}

interface Load {
  readonly workspace: string
  readonly changes: readonly Change[]
}

const commitRetryMs = 1_000

/**
 * Carries one binding's outbox to its target: one batch under way, workspaces in turn, order kept.
 *
 * What a target said becomes a journal entry before anybody is told. A crash between both repeats the batch, with the
 * same event ids and the same bytes.
 */
export class Courier {
  readonly binding: Binding
  readonly #options: CourierOptions
  readonly #stop = new AbortController()
  readonly #windows = new Map<string, BatchWindow>()
  readonly #running: Promise<void>
  /** Per workspace, for the changes of its last batch: calls in which each was sent. */
  readonly #attempts = new Map<string, ReadonlyMap<string, number>>()
  #lastWorkspace = ""
  #wake: (() => void) | undefined
  #stopping = false

  constructor(options: CourierOptions) {
    this.#options = options
    this.binding = options.binding
    this.#running = this.#run()
  }

  /** There may be something to send. */
  wake(): void {
    this.#wake?.()
  }

  /** Lets a call under way end, for `graceMs` at most, then aborts it. Idempotent. */
  async close(graceMs: number): Promise<void> {
    this.#stopping = true
    this.wake()
    const timer = this.#options.clock.after(graceMs, () => this.#stop.abort(new Error("the projector is closing")))
    await this.#running
    timer.cancel()
  }

  async #run(): Promise<void> {
    while (!this.#stopping) {
      if (this.#next() === undefined) {
        await new Promise<void>((resolve) => (this.#wake = resolve))
        this.#wake = undefined
        continue
      }
      await this.#options.link.permit()
      // Asked again: newer versions may have come while the target was away.
      const load = this.#stopping ? undefined : this.#next()
      if (load !== undefined) await this.#deliver(load)
    }
  }

  #next(): Load | undefined {
    const { ledger, link, isHeld } = this.#options
    const queued = ledger.view.queued(this.binding.name).filter((workspace) => !isHeld(workspace))
    const workspace = queued.find((name) => name > this.#lastWorkspace) ?? queued[0]
    if (workspace === undefined) return undefined
    const changes = ledger.view.nextBatch(this.binding, workspace, {
      maxChanges: this.#window(workspace).size,
      maxBytes: link.target.limits.maxBatchBytes,
    })
    return changes.length === 0 ? undefined : { workspace, changes }
  }

  #window(workspace: string): BatchWindow {
    let window = this.#windows.get(workspace)
    if (window === undefined) {
      window = new BatchWindow(this.#options.link.target.limits.maxBatchChanges)
      this.#windows.set(workspace, window)
    }
    return window
  }

  async #deliver(load: Load): Promise<void> {
    const { link, clock, log } = this.#options
    this.#lastWorkspace = load.workspace
    const before = this.#attempts.get(load.workspace)
    const attempts = new Map(load.changes.map(({ eventId }) => [eventId, (before?.get(eventId) ?? 0) + 1] as const))
    this.#attempts.set(load.workspace, attempts)
    let receipts: readonly Receipt[]
    try {
      receipts = await withDeadline(clock, this.#options.limits.callDeadlineMs, this.#stop.signal, (signal) =>
        link.target.apply({ binding: this.binding.name, changes: load.changes }, { signal }),
      )
    } catch (thrown) {
      if (!this.#stop.signal.aborted) link.failed(messageOf(thrown))
      return
    }
    const verdict = judge(load.changes, receipts, {
      shape: this.binding.shape,
      timeMs: clock.nowMs(),
      maxUnexplained: this.#options.limits.maxUnexplained,
      attempts: (eventId) => attempts.get(eventId) ?? 1,
    })
    for (const { collection, id, version, kind, reason } of verdict.failed) {
      log.warn("record not taken", { target: link.target.name, collection, record: id, version, kind, reason })
    }
    await this.#record(load.workspace, verdict)
    this.#aim(load, verdict)
    this.#tell(verdict)
  }

  #aim(load: Load, verdict: Verdict): void {
    const window = this.#window(load.workspace)
    if (verdict.halve) window.refused(load.changes.length)
    else window.settled(verdict.accepted.length + verdict.failed.length, verdict.failed.length > 0)
  }

  #tell({ health, accepted, failed, halve }: Verdict): void {
    const { link } = this.#options
    if (health.state === "refused") return link.refused(health.reason)
    if (health.state === "failed") return link.failed(health.reason, health.afterMs)
    if (accepted.length > 0 || failed.length > 0 || halve) link.answered()
  }

  /** Journals what the target said, however long that takes: a batch is not sent again only because the disk is slow. */
  async #record(workspace: string, verdict: Verdict): Promise<void> {
    const { binding } = this
    const receipts: Receipts = {
      kind: "receipts",
      binding: binding.name,
      revision: binding.revision,
      workspace,
      accepted: verdict.accepted,
      failed: verdict.failed,
    }
    const entries = splitReceipts(receipts)
    while (entries.length > 0) {
      try {
        await this.#options.ledger.commit(entries)
        return
      } catch (thrown) {
        const error = asMillraceError(thrown, "bug")
        if (error.kind === "closed" || this.#stopping) return
        await sleep(this.#options.clock, commitRetryMs)
      }
    }
  }
}
