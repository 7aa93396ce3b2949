import { canonicalJson } from "@millrace/model"
import { type Clock, MillraceError } from "@millrace/ports"
import { type ActionResult, type StateTarget, type Target } from "@millrace/target"
import type { Binding } from "../binding.ts"
import { withDeadline } from "../deliver/deadline.ts"
import type { TargetLink } from "../deliver/target-link.ts"
import { hashOf } from "../derive/record-hash.ts"
import type { JournalEntry, RecordName } from "../journal/entry.ts"
import type { Ledger } from "../journal/ledger.ts"
import type { Released } from "../journal/operation-entries.ts"
import type { ProjectorLimits } from "../limits.ts"
import { answer } from "../two-way/answer.ts"
import type { LookResult, Reconciler } from "../two-way/reconciler.ts"
import { digestOfEntry } from "../view/operation-steps.ts"
import { adoptOne } from "./adopt-one.ts"
import { driftOf } from "./drift-of.ts"
import { conflictsIn, parkedIn } from "./listings.ts"
import { isRepeat } from "./once.ts"
import { makePlan, planId } from "./planning.ts"
import { draftChanges, releasesOf, rollbackChanges } from "./releases.ts"
import type {
  ActRequest,
  AdoptResult,
  Conflict,
  Doer,
  Drift,
  DropRequest,
  ParkedRecord,
  Place,
  Plan,
  PublishRequest,
  Release,
  Resolve,
  RetryRequest,
  RollbackRequest,
} from "./types.ts"
import { TargetActions } from "./target-actions.ts"

export interface OperationsOptions {
  readonly ledger: Ledger
  readonly reconciler: Reconciler
  readonly links: ReadonlyMap<string, TargetLink>
  readonly limits: ProjectorLimits
  readonly clock: Clock
  /** Deletions that wait for a confirmation. */
  readonly heldDeletions: (place: Place) => number
}

type Entry = Parameters<typeof digestOfEntry>[0]
type Unsigned<E> = E extends Entry ? Omit<E, "by" | "timeMs" | "key"> : never

/**
 * What people do with a running projector, in process. Every call is authorised by its caller; `by` names who did it.
 *
 * Reading calls (`plan`, `drift`, `conflicts`, `parked`, `releases`) write nothing. All others are in the journal when
 * they resolve; with a `key` a repeat changes nothing. Errors: `not-found` for what does not exist, `conflict` for what
 * has changed since it was shown, `unsupported` for what a binding or target cannot do.
 */
export class Operations {
  readonly #options: OperationsOptions
  readonly #stop = new AbortController()
  readonly #actions: TargetActions
  /** Whether the next look takes what the target lost as deleted. */
  readonly #absences = new Map<string, number>()

  constructor(options: OperationsOptions) {
    this.#options = options
    this.#actions = new TargetActions({ ...options, call: (call) => this.#call(call) })
  }

  /**
   * What is outstanding in a continuous binding, or what a release of the drafts of a published one would do, as the
   * target itself plans it. Rejects with `unavailable` while the target does not answer.
   */
  async plan(place: Place): Promise<Plan> {
    const { binding, link } = this.#at(place)
    return makePlan({
      binding,
      place,
      view: this.#options.ledger.view,
      plan: (batch) => this.#call((signal) => link.target.plan(batch, { signal })),
      isHeld: this.#options.heldDeletions(place) > 0,
    })
  }

  /**
   * Carries a plan out: publishes a published binding's drafts; in a continuous one puts back what drifted and lets
   * waiting deletions go. `conflict` where the plan is not that of the present state.
   */
  async apply(request: PublishRequest): Promise<void> {
    const { binding } = this.#at(request)
    if (binding.mode === "published") return void (await this.publish(request))
    const isDone = isRepeat(this.#options.ledger.view, request.key, confirmDigest(request))
    if (!isDone) this.#mustFit(binding, request)
    if (binding.shape !== "state" || isDone) return
    await this.confirm(request)
    await this.resync(request)
  }

  /** Approves the plan of a published binding and begins to carry it out; resolves with the release's number. */
  async publish({ workspace, binding: name, plan, note = "", ...doer }: PublishRequest): Promise<number> {
    const place = { workspace, binding: name }
    const { binding } = this.#published(place)
    const repeat = this.#repeatOf(doer.key, `publish ${canonicalJson([place, plan])}`)
    if (repeat !== undefined) return repeat
    this.#mustFit(binding, { ...place, plan })
    const changes = draftChanges(this.#options.ledger.view, place)
    return this.#release(place, changes, note, doer, `publish ${canonicalJson([place, plan])}`)
  }

  /** Brings back the content of an earlier release, as a release of its own; what people wrote since is a draft again. */
  async rollback({ workspace, binding: name, to, note = "", ...doer }: RollbackRequest): Promise<number> {
    const place = { workspace, binding: name }
    this.#published(place)
    const what = `rollback ${canonicalJson([place, to])}`
    const repeat = this.#repeatOf(doer.key, what)
    if (repeat !== undefined) return repeat
    return this.#release(place, rollbackChanges(this.#options.ledger.view, place, to), note, doer, what, to)
  }

  /** The latest first. */
  releases(place: Place): readonly Release[] {
    this.#published(place)
    return releasesOf(this.#options.ledger.view, place)
  }

  /** How the target differs from what was known of it. There is no way from here to a write. */
  async drift(place: Place): Promise<Drift> {
    const { binding, target } = this.#state(place)
    const { ledger, reconciler } = this.#options
    const { observation, looks } = await reconciler.drift(binding, target, place.workspace, this.#stop.signal)
    return driftOf(ledger.view, place, observation, looks)
  }

  /** Everything that waits for an answer in a workspace. */
  conflicts(workspace: string): readonly Conflict[] {
    return conflictsIn(this.#options.ledger.view, workspace)
  }

  /** Answers a conflict. `conflict` where one side has changed since it was shown, `not-found` where it is no more. */
  async resolve({ workspace, conflict: wanted, by, key, ...given }: Resolve): Promise<void> {
    const what = `resolve ${canonicalJson([workspace, wanted, given.choice, given.value ?? null, given.baseHash])}`
    if (isRepeat(this.#options.ledger.view, key, hashOf(what))) return
    const conflict = this.conflicts(workspace).find(({ id }) => id === wanted)
    if (conflict === undefined) {
      throw new MillraceError(`There is no open conflict ${wanted} in ${workspace}.`, { kind: "not-found" })
    }
    const { binding } = this.#at(conflict)
    const { view } = this.#options.ledger
    await this.#options.reconciler.settle(binding, workspace, () => {
      const base = view.base(binding.name, workspace, conflict.collection, conflict.record)
      if (base === undefined) return []
      return [answer(base, conflict.field, given, this.#options.clock.nowMs())]
    })
    if (key !== undefined) await this.#note(key, hashOf(what), by)
  }

  /** What targets refused, and what the brake stopped. */
  parked(workspace: string, binding?: string): readonly ParkedRecord[] {
    return parkedIn(this.#options.ledger.view, workspace, binding)
  }

  /** Tries again what was refused or stopped; a state target gets the record as it is now, a log the version that waits. */
  async retry({ workspace, binding, records, ...doer }: RetryRequest): Promise<number> {
    this.#at({ workspace, binding })
    const due: readonly RecordName[] =
      records ?? this.parked(workspace, binding).map(({ collection, id }) => [collection, id] as const)
    await this.#act({ kind: "retried", binding, workspace, records: due }, doer)
    return due.length
  }

  /** Gives up a version that was refused; a log is told that it was skipped. `conflict` where another one is at the front. */
  async drop({ workspace, binding, collection, id, version, ...doer }: DropRequest): Promise<void> {
    this.#at({ workspace, binding })
    const { view } = this.#options.ledger
    const entry = { kind: "dropped", binding, workspace, collection, id, version } as const
    if (isRepeat(view, doer.key, digestOfEntry({ ...entry, by: "", timeMs: 0 }))) return
    if (view.lane(binding, workspace, collection, id)?.fault?.version !== version) {
      throw new MillraceError(`Version ${version} of ${collection} ${id} is not what is parked; look again.`, {
        kind: "conflict",
      })
    }
    await this.#act(entry, doer)
  }

  /** Sends nothing to a target, or of a binding, until `resume`. What comes meanwhile waits in the outbox. */
  pause(scope: { readonly target: string } | { readonly binding: string }, doer: Doer): Promise<void> {
    return this.#act({ kind: "paused", scope: this.#scope(scope), paused: true }, doer)
  }

  resume(scope: { readonly target: string } | { readonly binding: string }, doer: Doer): Promise<void> {
    return this.#act({ kind: "paused", scope: this.#scope(scope), paused: false }, doer)
  }

  /** What is paused: `target/<name>` or `binding/<name>`. */
  get paused(): readonly string[] {
    return this.#options.ledger.view.paused
  }

  /** Looks at everything in the target now and carries out what follows. */
  async resync(place: Place): Promise<LookResult> {
    const { binding, target } = this.#state(place)
    return this.#look(binding, target, place, false)
  }

  /** Lets the deletions go that wait in a binding and workspace, and takes what the target lost as deleted there. */
  async confirm({ workspace, binding: name, by, key }: Place & Doer): Promise<void> {
    const place = { workspace, binding: name }
    const { binding, target } = this.#state(place)
    const { view } = this.#options.ledger
    const uptoN = view.lastDeletion(name, workspace)
    const what = confirmDigest(place)
    if (isRepeat(view, key, what)) return
    await this.#commit([{ kind: "confirmed", binding: name, workspace, uptoN, ...this.#sign({ by }) }])
    if ((this.#absences.get(`${name}/${workspace}`) ?? 0) > 0) await this.#look(binding, target, place, true)
    if (key !== undefined) await this.#note(key, what, by)
  }

  /** What waits for `confirm`. */
  heldDeletions(place: Place): { readonly toDelete: number; readonly lost: number } {
    const lost = this.#absences.get(`${place.binding}/${place.workspace}`) ?? 0
    return { toDelete: this.#options.heldDeletions(place), lost }
  }

  /**
   * Takes what a live target already has into the workspace, as what both sides agree on. Records that exist on both
   * sides are compared by the fields' policies; what others own stays theirs.
   */
  async adopt(
    place: Place,
    filter: (record: { readonly collection: string; readonly id: string }) => boolean = () => true,
  ): Promise<AdoptResult> {
    const { binding, target } = this.#state(place)
    const { workspace } = place
    const { ledger, clock, reconciler } = this.#options
    const { view } = ledger
    const scope = {
      workspace,
      collections: binding.collections,
      applied: view.appliedLookup(binding.name, workspace),
    }
    const observation = await this.#call((signal) => target.adopt(scope, { signal }))
    const found = observation.records.filter((one) => binding.collections.includes(one.collection) && filter(one))
    const timeMs = observation.observedAtMs ?? clock.nowMs()
    const left = await reconciler.settle(binding, workspace, () =>
      found.flatMap((seen) => adoptOne({ view, binding, target, workspace, seen, timeMs }) ?? []),
    )
    return {
      adopted: found.length - left.length,
      refused: left.map(({ collection, id, reason }) => ({ collection, id, reason })),
      complete: observation.complete,
    }
  }

  /** Has the target do something with a record, once for one key; the result of the first time is kept. */
  async act(request: ActRequest): Promise<ActionResult> {
    return this.#actions.act(request, ...this.#parts(request))
  }

  /** Whether a target answers. */
  check(target: string): Promise<{ readonly ok: boolean; readonly detail: string }> {
    const link = this.#options.links.get(target)
    if (link === undefined) throw notFound(`There is no target "${target}".`)
    return withDeadline(this.#options.clock, this.#options.limits.checkDeadlineMs, this.#stop.signal, (signal) =>
      link.target.check({ signal }),
    )
  }

  /** Ends calls under way. */
  close(): void {
    this.#stop.abort(new Error("the projector is closing"))
  }

  /** A look that a schedule asks for. */
  async lookAt(binding: Binding, workspace: string): Promise<void> {
    const target = this.#options.links.get(binding.target)?.target
    if (target?.shape === "state") await this.#look(binding, target, { binding: binding.name, workspace }, false)
  }

  async #look(binding: Binding, target: StateTarget, place: Place, isConfirmed: boolean): Promise<LookResult> {
    const { reconciler } = this.#options
    const result = await reconciler.look(binding, target, place.workspace, undefined, this.#stop.signal, isConfirmed)
    this.#absences.set(`${place.binding}/${place.workspace}`, result.heldAbsences)
    return result
  }

  async #release(
    place: Place,
    changes: Released["changes"],
    note: string,
    doer: Doer,
    what: string,
    rollbackOf?: number,
  ): Promise<number> {
    const { ledger } = this.#options
    const number = (ledger.view.counts(place.binding, place.workspace).release?.number ?? 0) + 1
    const position = ledger.view.position(place.workspace)?.seq ?? 0
    const entry: Released = {
      kind: "released",
      ...place,
      number,
      ...(rollbackOf === undefined ? {} : { rollbackOf }),
      note,
      position,
      changes,
      ...this.#sign({ by: doer.by }),
    }
    const { key, by } = doer
    const result = { outcome: "done", detail: String(number) } as const
    const acted =
      key === undefined
        ? []
        : [{ kind: "acted", key, digest: hashOf(what), attempts: 0, result, ...this.#sign({ by }) } as const]
    await this.#commit([entry, ...acted])
    return number
  }

  /** The number of the release that was made under the key before. */
  #repeatOf(key: string | undefined, what: string): number | undefined {
    const { view } = this.#options.ledger
    if (!isRepeat(view, key, hashOf(what)) || key === undefined) return undefined
    const result = view.act(key)?.result
    return result?.outcome === "done" ? Number(result.detail) : undefined
  }

  #mustFit(binding: Binding, { plan, ...place }: Place & { readonly plan: string }): void {
    if (planId(this.#options.ledger.view, binding, { workspace: place.workspace, binding: place.binding }) === plan)
      return
    throw new MillraceError("The plan is stale: something changed since it was made. Plan again and look at it.", {
      kind: "conflict",
    })
  }

  async #act(entry: Unsigned<Entry>, doer: Doer): Promise<void> {
    const signed = { ...entry, ...this.#sign(doer) } as Entry
    if (isRepeat(this.#options.ledger.view, doer.key, digestOfEntry(signed))) return
    await this.#commit([signed])
  }

  #note(key: string, digest: string, by: string): Promise<void> {
    return this.#commit([{ kind: "acted", key, digest, attempts: 0, ...this.#sign({ by }) }])
  }

  #sign({ by, key }: Doer): { readonly by: string; readonly timeMs: number; readonly key?: string } {
    return { by, timeMs: this.#options.clock.nowMs(), ...(key === undefined ? {} : { key }) }
  }

  #commit(entries: readonly JournalEntry[]): Promise<void> {
    return this.#options.ledger.commit(entries)
  }

  #call<T>(call: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return withDeadline(this.#options.clock, this.#options.limits.callDeadlineMs, this.#stop.signal, call)
  }

  #parts(place: Place): readonly [Binding, Target] {
    const { binding, link } = this.#at(place)
    return [binding, link.target]
  }

  #scope(scope: { readonly target: string } | { readonly binding: string }): string {
    if ("binding" in scope) return `binding/${this.#binding(scope.binding).name}`
    if (!this.#options.links.has(scope.target)) throw notFound(`There is no target "${scope.target}".`)
    return `target/${scope.target}`
  }

  #binding(name: string): Binding {
    const binding = this.#options.ledger.view.bindings.find((one) => one.name === name && !one.removed)
    if (binding === undefined) throw notFound(`There is no binding "${name}".`)
    return binding
  }

  #at({ binding: name, workspace }: Place): { readonly binding: Binding; readonly link: TargetLink } {
    const binding = this.#binding(name)
    const link = this.#options.links.get(binding.target)
    const takesIn = this.#options.ledger.view.bindingsOf(workspace).some((one) => one.name === name)
    if (!takesIn) throw notFound(`Binding "${name}" does not take in workspace "${workspace}".`)
    if (link === undefined) throw notFound(`There is no target "${binding.target}".`)
    return { binding, link }
  }

  #state(place: Place): { readonly binding: Binding; readonly target: StateTarget } {
    const { binding, link } = this.#at(place)
    if (link.target.shape === "state") return { binding, target: link.target }
    throw new MillraceError(`${link.target.name} is a log: it holds no records to look at.`, { kind: "unsupported" })
  }

  #published(place: Place): { readonly binding: Binding } {
    const { binding } = this.#at(place)
    if (binding.mode === "published") return { binding }
    throw new MillraceError(`Binding "${binding.name}" is continuous: it has no releases.`, { kind: "unsupported" })
  }
}

const notFound = (message: string): MillraceError => new MillraceError(message, { kind: "not-found" })

function confirmDigest({ workspace, binding }: Place): string {
  return hashOf(`confirm ${canonicalJson({ workspace, binding })}`)
}
