import type { Closable, FeedItem } from "@millrace/client/node"
import { canonicalForm, type Schema } from "@millrace/model"
import {
  type Clock,
  jitteredDelayMs,
  type Log,
  messageOf,
  type MillraceError,
  type Random,
  silentLog,
  systemClock,
  systemRandom,
  type Timer,
  noSpans,
  type Spans,
} from "@millrace/ports"
import type { Store } from "@millrace/store"
import type { RunReport, Target } from "@millrace/target"
import { type BindingSpec, comesBack, nextBindings } from "./binding.ts"
import { Courier } from "./deliver/courier.ts"
import { TargetLink } from "./deliver/target-link.ts"
import { Checkpoint } from "./journal/checkpoint.ts"
import { Ledger, type LedgerOptions } from "./journal/ledger.ts"
import { defaultLimits, type ProjectorLimits } from "./limits.ts"
import { type Metric, metricsOf } from "./metrics/metrics.ts"
import { Tally } from "./metrics/tally.ts"
import { Operations } from "./operations/operations.ts"
import { takeAnswers } from "./operations/take-answers.ts"
import type { RelayPort } from "./relay-port.ts"
import { type Readiness, reportOf, type WorkspaceReport } from "./report.ts"
import { Round } from "./schedule/round.ts"
import type { ScheduleSpec } from "./schedule/schedule.ts"
import { Recheck } from "./two-way/recheck.ts"
import { Reconciler } from "./two-way/reconciler.ts"
import type { Changed, View } from "./view/view.ts"
import { WorkspaceSupervisor } from "./workspace-supervisor.ts"

export interface ProjectorOptions {
  /** Keeps the journal; not closed by the projector. */
  readonly store: Store
  /** Stream of the journal; left out: `journal/0`. */
  readonly stream?: string
  /** The journal's local view; it may be lost. Not closed by the projector. */
  readonly view: View
  readonly relay: RelayPort
  readonly schema: Schema
  /** Not closed by the projector. */
  readonly targets: readonly Target[]
  readonly bindings: readonly BindingSpec[]
  readonly limits?: Partial<ProjectorLimits>
  readonly clock?: Clock
  readonly random?: Random
  readonly log?: Log
  /** Where steps of edits are told; nowhere unless given. */
  readonly spans?: Spans
  /** Another projector took over the journal: close this one. */
  readonly onFenced?: (error: MillraceError) => void
  /** When each binding's target is looked at by itself; see `observedEvery`. By binding's name. */
  readonly observe?: Readonly<Record<string, ScheduleSpec>>
  /** Which workspaces this projector takes; left out: all. */
  readonly takes?: (workspace: string) => boolean
  /** Who took the journal over; see `LedgerOptions`. */
  readonly took?: NonNullable<LedgerOptions["took"]>
  /** How long a call to a target may take at most by now; see `CourierOptions.mayCallMs`. */
  readonly mayCallMs?: () => number
}

/** Without a schedule of its own a binding from which something comes back is looked at so. */
export const observedEvery: ScheduleSpec = { everyMs: 60_000, jitterMs: 5_000 }

const defaultStream = "journal/0"
const wholeSecondMs = 1_000

/**
 * Opens the journal and begins to follow, derive, deliver and report; resolves before the relay or a target answers.
 *
 * Throws kind `usage` for bindings that do not fit targets and schema. A dead relay or target never ends it: both are
 * visible states, and both are tried again.
 */
export async function openProjector(options: ProjectorOptions): Promise<Projector> {
  const { store, view, schema, targets } = options
  const clock = options.clock ?? systemClock
  const random = options.random ?? systemRandom
  const log = options.log ?? silentLog
  const ledger = await Ledger.open({
    store,
    stream: options.stream ?? defaultStream,
    view,
    canonicalForm,
    clock,
    random,
    log,
    ...(options.onFenced === undefined ? {} : { onFenced: options.onFenced }),
    ...(options.took === undefined ? {} : { took: options.took }),
  })
  const shapes = new Map(targets.map(({ name, shape }) => [name, shape]))
  const bindings = nextBindings(
    view.bindings,
    options.bindings,
    (target) => shapes.get(target),
    (collection) => Object.hasOwn(schema.collections, collection),
  )
  if (bindings !== undefined) await ledger.commit([{ kind: "bindings", bindings }])
  return new Projector(options, ledger, clock, random, log)
}

/** A running projector; made by `openProjector`. */
export class Projector {
  readonly #ledger: Ledger
  readonly #options: ProjectorOptions
  readonly #clock: Clock
  readonly #random: Random
  readonly #log: Log
  readonly #limits: ProjectorLimits
  readonly #links: ReadonlyMap<string, TargetLink>
  readonly #couriers: readonly Courier[]
  readonly #reconciler: Reconciler
  readonly #tally = new Tally()
  readonly #rounds: readonly Round[]
  readonly #recheck: Recheck
  readonly #checkpoint: Checkpoint
  /** What people do with the projector. */
  readonly operations: Operations
  readonly #workspaces = new Map<string, WorkspaceSupervisor>()
  readonly #turnedAway = new Set<string>()
  readonly #waiting = new Set<() => void>()
  #feed: Closable
  #feedFailures = 0
  #feedTimer: Timer | undefined
  #connected = false
  #closing: Promise<void> | undefined

  /** Use `openProjector`. */
  constructor(options: ProjectorOptions, ledger: Ledger, clock: Clock, random: Random, log: Log) {
    this.#options = options
    this.#ledger = ledger
    this.#clock = clock
    this.#random = random
    this.#log = log
    this.#limits = { ...defaultLimits, ...options.limits }
    const limits = this.#limits
    this.#links = new Map(
      options.targets.map((target) => [target.name, new TargetLink({ target, limits, clock, random, log })]),
    )
    this.#reconciler = new Reconciler({
      ledger,
      limits,
      clock,
      log,
      writerOf: (workspace) => this.#workspaces.get(workspace)?.writer,
    })
    const bindings = ledger.view.bindings.filter(({ removed }) => !removed)
    this.#couriers = bindings.flatMap((binding) => {
      const link = this.#links.get(binding.target)
      if (link === undefined) return []
      return [
        new Courier({
          binding,
          link,
          ledger,
          reconciler: this.#reconciler,
          limits,
          clock,
          log,
          tally: this.#tally,
          spans: options.spans ?? noSpans,
          isHeld: (workspace) => {
            const known = this.#workspaces.get(workspace)
            // What comes back needs the document: before its log is read nothing of the workspace is sent.
            const needsDocument = binding.collections.some((collection) => comesBack(binding, collection))
            return known?.follower.state === "restored" || (needsDocument && known?.writer === undefined)
          },
          mayCallMs: options.mayCallMs ?? (() => Infinity),
        }),
      ]
    })
    this.#recheck = new Recheck({ view: ledger.view, links: this.#links, reconciler: this.#reconciler, log })
    this.operations = new Operations({
      ledger,
      reconciler: this.#reconciler,
      links: this.#links,
      limits,
      clock,
      heldDeletions: ({ binding, workspace }) => this.#held(binding, workspace),
    })
    this.#rounds = bindings.flatMap((binding) => {
      const link = this.#links.get(binding.target)
      const returns = binding.collections.some((collection) => comesBack(binding, collection))
      const spec = options.observe?.[binding.name] ?? (returns ? observedEvery : undefined)
      if (link === undefined || spec === undefined || link.target.shape !== "state") return []
      return [
        new Round({
          binding,
          link,
          spec,
          ledger,
          limits,
          operations: this.operations,
          workspaces: () => this.#followed(),
          onRuns: (workspace) => this.#workspaces.get(workspace)?.changed([]),
          clock,
          random,
          log,
        }),
      ]
    })
    this.#checkpoint = new Checkpoint(
      { ...options, stream: options.stream ?? defaultStream, maxEntries: limits.maxJournalEntries, clock, log },
      ledger.snapshotSeq,
    )
    ledger.onApplied((changed) => this.#applied(changed))
    this.#feed = this.#listen()
  }

  /** Identity of the journal; part of every event id. */
  get journalId(): string {
    return this.#ledger.journalId
  }

  /** Whether the store takes appends and the relay is connected. A dead target does not matter here. */
  readiness(): Readiness {
    if (this.#ledger.fenced) return { ready: false, detail: "another projector writes this journal" }
    const failure = this.#ledger.failure
    if (failure !== undefined) return { ready: false, detail: `the journal cannot be written: ${failure.message}` }
    if (!this.#connected) return { ready: false, detail: "the relay is not connected" }
    return { ready: true, detail: "following" }
  }

  /** What became of a workspace's records, per target and binding. */
  report(workspace: string): WorkspaceReport {
    const { follower } = this.#workspaces.get(workspace) ?? {}
    return reportOf(this.#ledger.view, workspace, this.#links, follower, (binding) => this.#held(binding, workspace))
  }

  /** The report once it reflects `seq`, or as it is after `waitMs`, at most a second. */
  async reportAt(workspace: string, seq: number, waitMs: number = wholeSecondMs): Promise<WorkspaceReport> {
    const late = new AbortController()
    const timer = this.#clock.after(Math.min(waitMs, wholeSecondMs), () => {
      late.abort()
      this.#wakeAll()
    })
    while (!late.signal.aborted && this.#closing === undefined && this.report(workspace).position < seq) {
      await new Promise<void>((resolve) => void this.#waiting.add(resolve))
    }
    timer.cancel()
    return this.report(workspace)
  }

  /** Ends following, lets calls under way end or aborts them, writes the last status. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    const { closeGraceMs } = this.#limits
    this.#feedTimer?.cancel()
    this.#feed.close()
    this.#wakeAll()
    const links = [...this.#links.values()]
    this.operations.close()
    this.#recheck.close()
    await Promise.all(this.#rounds.map((round) => round.close()))
    const couriers = Promise.all(this.#couriers.map((courier) => courier.close(closeGraceMs)))
    await Promise.all(links.map((link) => link.close()))
    await couriers
    await Promise.all([...this.#workspaces.values()].map((workspace) => workspace.close(closeGraceMs)))
    await this.#ledger.close()
    await this.#checkpoint.close()
  }

  #listen(): Closable {
    return this.#options.relay.feed({
      onItem: (item) => this.#heard(item),
      onConnected: () => {
        this.#connected = true
        this.#feedFailures = 0
      },
      onError: (error) => {
        this.#connected = false
        this.#log.warn("relay not connected", { kind: error.kind, detail: error.message })
        if (error.retry === "never") this.#listenLater()
      },
    })
  }

  /** A relay that refused us may come to its senses, or be given the right key: it is asked again, later and later. */
  #listenLater(): void {
    if (this.#closing !== undefined) return
    const { retryBaseMs, retryMaxMs } = this.#limits
    const delayMs = jitteredDelayMs(this.#random, this.#feedFailures++, retryBaseMs, retryMaxMs)
    this.#feedTimer?.cancel()
    this.#feedTimer = this.#clock.after(delayMs, () => {
      this.#feed.close()
      this.#feed = this.#listen()
    })
  }

  #heard({ workspace: ref, generation }: FeedItem): void {
    if (this.#closing !== undefined || ref.includes("~")) return
    const workspace = ref.split("@")[0] ?? ref
    const known = this.#workspaces.get(workspace)
    if (known !== undefined) return known.heard(generation)
    const { view } = this.#ledger
    if (this.#options.takes?.(workspace) === false) return
    if (view.bindingsOf(workspace).length === 0) return
    if (this.#workspaces.size >= this.#limits.maxWorkspaces) {
      return this.#turnAway(workspace)
    }
    const { relay, schema } = this.#options
    const supervisor = new WorkspaceSupervisor(
      {
        workspace,
        relay,
        ledger: this.#ledger,
        schema,
        limits: this.#limits,
        clock: this.#clock,
        random: this.#random,
        log: this.#log,
        spans: this.#options.spans ?? noSpans,
        onAnswers: (answers) => void this.#answered(workspace, answers),
        onReady: () => this.#ready(workspace),
        runs: () => this.#runs(workspace),
      },
      Math.max(generation, view.position(workspace)?.generation ?? 1),
    )
    this.#workspaces.set(workspace, supervisor)
  }

  #turnAway(workspace: string): void {
    const { maxWorkspaces } = this.#limits
    // Once for each, and no more names than it follows: a feed repeats itself with every append.
    if (this.#turnedAway.has(workspace) || this.#turnedAway.size >= maxWorkspaces) return
    this.#turnedAway.add(workspace)
    this.#log.error("workspace not followed: there are too many", { workspace, maxWorkspaces })
  }

  #applied(changed: Changed): void {
    for (const [workspace, names] of changed) this.#workspaces.get(workspace)?.changed(names)
    for (const [workspace, names] of changed) this.#recheck.look(workspace, names)
    for (const courier of this.#couriers) courier.wake()
    for (const round of this.#rounds) round.changed()
    this.#checkpoint.applied()
    this.#wakeAll()
  }

  #held(binding: string, workspace: string): number {
    return this.#couriers.find((courier) => courier.binding.name === binding)?.heldDeletions(workspace) ?? 0
  }

  /** Workspaces whose log is read. */
  #followed(): readonly string[] {
    return [...this.#workspaces].flatMap(([name, { writer }]) => (writer === undefined ? [] : [name]))
  }

  #runs(workspace: string): ReadonlyMap<string, RunReport> {
    return new Map(this.#rounds.flatMap((round) => [...round.runs(workspace)]))
  }

  /** The log is read: what a former life left half done is done now. */
  #ready(workspace: string): void {
    this.#reconciler.recover(workspace).then(
      () => {
        for (const courier of this.#couriers) courier.wake()
      },
      (thrown: unknown) => this.#log.warn("write-backs not recovered", { workspace, detail: messageOf(thrown) }),
    )
  }

  #answered(workspace: string, answers: ReadonlyMap<string, unknown>): Promise<void> {
    const writer = this.#workspaces.get(workspace)?.writer
    return takeAnswers({ workspace, answers, operations: this.operations, writer, log: this.#log })
  }

  /** Everything that is counted, for a monitoring system. */
  metrics(): readonly Metric[] {
    return metricsOf({
      view: this.#ledger.view,
      links: this.#links,
      couriers: this.#couriers,
      workspaces: [...this.#workspaces.values()],
      tally: this.#tally,
      reconciler: this.#reconciler,
      nowMs: this.#clock.nowMs(),
      isFenced: this.#ledger.fenced,
      isConnected: this.#connected,
    })
  }

  #wakeAll(): void {
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const resolve of waiting) resolve()
  }
}
