import { asMillraceError, type Clock, type Log, messageOf, sleep, type Spans } from "@millrace/ports"
import { type Binding, comesBack, defaultDeletions } from "../binding.ts"
import type { Receipts, RecordName } from "../journal/entry.ts"
import type { Ledger } from "../journal/ledger.ts"
import { splitReceipts } from "../journal/split.ts"
import type { ProjectorLimits } from "../limits.ts"
import type { Tally } from "../metrics/tally.ts"
import type { Reconciler } from "../two-way/reconciler.ts"
import type { Outgoing } from "../view/view.ts"
import { BatchWindow } from "./batch-window.ts"
import { deliverSpans } from "./deliver-spans.ts"
import { withDeadline } from "./deadline.ts"
import { DeletionBrake } from "./deletion-brake.ts"
import { withIntents } from "./intents.ts"
import { judge, type Verdict } from "./judge.ts"
import { type Ready, readyToSend } from "./ready.ts"
import type { TargetLink } from "./target-link.ts"

export interface CourierOptions {
  readonly binding: Binding
  readonly link: TargetLink
  readonly ledger: Ledger
  readonly reconciler: Reconciler
  readonly limits: ProjectorLimits
  readonly clock: Clock
  readonly log: Log
  readonly tally: Tally
  readonly spans: Spans
  /** Workspaces from which nothing may be sent at present. */
  readonly isHeld: (workspace: string) => boolean
  /** How long a call may take at most by now; 0 or less where none may begin: the lease of the partition is over. */
  readonly mayCallMs: () => number
}

interface Load {
  readonly workspace: string
  readonly changes: readonly Outgoing[]
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
  readonly #brakes = new Map<string, DeletionBrake>()
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
    const { ledger, isHeld } = this.#options
    const { view } = ledger
    const { paused } = view
    if (paused.includes(`binding/${this.binding.name}`) || paused.includes(`target/${this.binding.target}`))
      return undefined
    const queued = view.queued(this.binding.name).filter((workspace) => !isHeld(workspace))
    const after = queued.filter((name) => name > this.#lastWorkspace)
    for (const workspace of [...after, ...queued.slice(0, queued.length - after.length)]) {
      const changes = this.#batch(workspace)
      if (changes.length > 0) return { workspace, changes }
    }
    return undefined
  }

  #batch(workspace: string): readonly Outgoing[] {
    const { ledger, link } = this.#options
    const brake = this.#deletions(workspace)
    const counts = ledger.view.counts(this.binding.name, workspace)
    return ledger.view.nextBatch(this.binding, workspace, {
      maxChanges: this.#window(workspace).size,
      maxBytes: link.target.limits.maxBatchBytes,
      mayDelete: brake.gate(counts),
    })
  }

  #deletions(workspace: string): DeletionBrake {
    let brake = this.#brakes.get(workspace)
    if (brake === undefined) {
      brake = new DeletionBrake({ ...defaultDeletions, ...this.binding.deletions }, this.#options.clock)
      this.#brakes.set(workspace, brake)
    }
    return brake
  }

  /** Deletions of a workspace that wait for a confirmation. */
  heldDeletions(workspace: string): number {
    const counts = this.#options.ledger.view.counts(this.binding.name, workspace)
    return counts.deleting === 0 ? 0 : this.#deletions(workspace).held(counts)
  }

  #window(workspace: string): BatchWindow {
    let window = this.#windows.get(workspace)
    if (window === undefined) {
      window = new BatchWindow(this.#options.link.target.limits.maxBatchChanges)
      this.#windows.set(workspace, window)
    }
    return window
  }

  async #deliver(asked: Load): Promise<void> {
    const { link, clock, log, limits, tally } = this.#options
    this.#lastWorkspace = asked.workspace
    const deadlineMs = Math.min(limits.callDeadlineMs, this.#options.mayCallMs())
    // The lease is over: another worker may be at it by now.
    if (deadlineMs <= 0) return sleep(clock, commitRetryMs)
    const release = await link.slot()
    try {
      const load = await this.#looked(asked)
      if (load === undefined) return
      const ready = readyToSend(this.binding, this.#options.ledger.view, load)
      await this.#settleSilently(ready)
      if (ready.changes.length === 0) return
      const before = this.#attempts.get(load.workspace)
      const attempts = new Map(ready.changes.map(({ eventId }) => [eventId, (before?.get(eventId) ?? 0) + 1] as const))
      this.#attempts.set(load.workspace, attempts)
      const beganMs = clock.nowMs()
      const receipts = await withDeadline(clock, deadlineMs, this.#stop.signal, async (signal) => {
        const batch = await withIntents(ready, link.target, this.#options.ledger, signal)
        return link.target.apply(batch, { signal })
      })
      tally.called(link.target.name, clock.nowMs() - beganMs)
      deliverSpans(this.#options.spans, clock, this.binding, { beganMs, changes: ready.changes, receipts })
      const verdict = judge(ready.changes, receipts, {
        shape: this.binding.shape,
        timeMs: clock.nowMs(),
        maxUnexplained: limits.maxUnexplained,
        attempts: (eventId) => attempts.get(eventId) ?? 1,
      })
      for (const { collection, id, version, kind, reason } of verdict.failed) {
        log.warn("record not taken", { target: link.target.name, collection, record: id, version, kind, reason })
      }
      tally.judged(this.binding, verdict, attempts)
      this.#deletions(load.workspace).sent(ready.changes, verdict.accepted.length)
      await this.#record(load.workspace, verdict)
      this.#aim(ready.changes.length, verdict)
      this.#tell(verdict)
    } catch (thrown) {
      if (!this.#stop.signal.aborted) link.failed(messageOf(thrown))
    } finally {
      release()
    }
  }

  /** Of a binding from which something comes back, the target is read first: a change there must not be overwritten. */
  async #looked(load: Load): Promise<Load | undefined> {
    const { link, reconciler, limits } = this.#options
    const { target } = link
    const names = new Map<string, RecordName>()
    for (const { change } of load.changes) {
      if (comesBack(this.binding, change.collection)) {
        names.set(JSON.stringify([change.collection, change.id]), [change.collection, change.id])
      }
      if (names.size >= limits.maxLookRecords) break
    }
    if (names.size === 0 || target.shape !== "state") return load
    const { complete } = await reconciler.look(
      this.binding,
      target,
      load.workspace,
      [...names.values()],
      this.#stop.signal,
    )
    const { view } = this.#options.ledger
    if (!complete) {
      // Of what was never applied there, absence is what is to be expected.
      for (const [key, [collection, id]] of names) {
        if (view.base(this.binding.name, load.workspace, collection, id) !== undefined) names.delete(key)
      }
      if (names.size === 0) throw new Error("the target could not be read whole before it was written to")
    }
    // What was found may hold some back, or give others another content.
    const changes = this.#batch(load.workspace).filter(
      ({ change }) =>
        !comesBack(this.binding, change.collection) || names.has(JSON.stringify([change.collection, change.id])),
    )
    return changes.length === 0 ? undefined : { workspace: load.workspace, changes }
  }

  /** What the target holds already, or what is not ours to delete, is confirmed without a call. */
  async #settleSilently({ workspace, silent }: Ready): Promise<void> {
    if (silent.length === 0) return
    for (const _ of silent) this.#options.reconciler.echoed()
    await this.#record(workspace, { accepted: silent, failed: [], halve: false, health: { state: "answered" } })
  }

  #aim(count: number, verdict: Verdict): void {
    const window = this.#window(this.#lastWorkspace)
    if (verdict.halve) window.refused(count)
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
