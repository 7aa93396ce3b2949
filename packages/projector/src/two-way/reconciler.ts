import { type Clock, type Log, messageOf, MillraceError } from "@millrace/ports"
import type { Observation, ObservedRecord, StateTarget } from "@millrace/target"
import { type Binding, comesBack, defaultDeletions } from "../binding.ts"
import { withDeadline } from "../deliver/deadline.ts"
import type { RecordName } from "../journal/entry.ts"
import type { Ledger } from "../journal/ledger.ts"
import { splitItems } from "../journal/split.ts"
import { type PendingWrite, type ReconciledItem, wholeRecord } from "../journal/two-way-entries.ts"
import type { ProjectorLimits } from "../limits.ts"
import type { BaseRow } from "../view/rows.ts"
import { trips } from "./brake.ts"
import { type Decision, decide } from "./decide.ts"
import type { DocumentWriter, WriteBack } from "./document-writer.ts"
import { fieldsOf, recordText, withField } from "./fields.ts"
import { Lock } from "./lock.ts"

export interface ReconcilerOptions {
  readonly ledger: Ledger
  readonly limits: ProjectorLimits
  readonly clock: Clock
  readonly log: Log
  /** The workspace's writer; undefined where the workspace is not followed. */
  readonly writerOf: (workspace: string) => DocumentWriter | undefined
}

/** What a look found. */
export interface LookResult {
  readonly complete: boolean
  /** Records that differ from what was known of them. */
  readonly changed: number
  /** Records that the target lost, more than are taken for deletions without a confirmation. */
  readonly heldAbsences: number
}

/** What was done since the start. */
export interface Counters {
  writeBacks: number
  restored: number
  echoes: number
  braked: number
  disputes: number
  leftAlone: number
}

/** What was not written, each with its reason. */
export type LeftAlone = Awaited<ReturnType<DocumentWriter["write"]>>

type Looks = readonly { readonly name: RecordName; readonly decision: Decision }[]

/**
 * Brings both sides of a state binding together: what a look at the target gave is decided record by record, journalled,
 * and then written onto the document.
 *
 * One at a time for each workspace. A crash between journal and document leaves the write pending; it is carried out at
 * the next start unless the document turns out to hold it.
 */
export class Reconciler {
  readonly #options: ReconcilerOptions
  readonly #lock = new Lock()
  readonly #counters: Counters = { writeBacks: 0, restored: 0, echoes: 0, braked: 0, disputes: 0, leftAlone: 0 }

  constructor(options: ReconcilerOptions) {
    this.#options = options
  }

  /** For metrics. */
  get counters(): Readonly<Counters> {
    return this.#counters
  }

  /** A change that the target needed not be told of, since it came from there. */
  echoed(): void {
    this.#counters.echoes++
  }

  /** Reads the target: these records, or all, and carries out what follows. Rejects when the target cannot be read. */
  async look(
    binding: Binding,
    target: StateTarget,
    workspace: string,
    names: readonly RecordName[] | undefined,
    signal: AbortSignal,
    isConfirmed = false,
  ): Promise<LookResult> {
    const observation = await this.observe(binding, target, workspace, names, signal)
    return this.#lock.run(workspace, async () => {
      const looked = this.#compare(binding, target, workspace, names, observation)
      const absent = looked.filter(({ isLost }) => isLost)
      const held = isConfirmed
        ? 0
        : this.#tooMany(
            binding,
            workspace,
            absent.map(({ name }) => name),
          )
      const looks = looked.filter(({ isLost }) => held === 0 || !isLost)
      if (held > 0) {
        const { log } = this.#options
        log.warn("the target lost records; confirm that they are to be deleted", {
          binding: binding.name,
          workspace,
          held,
        })
      }
      await this.#carryOut(binding, workspace, looks)
      return { complete: observation.complete, changed: looks.length, heldAbsences: held }
    })
  }

  /** What a look would lead to. Writes nothing, neither here nor there. */
  async drift(
    binding: Binding,
    target: StateTarget,
    workspace: string,
    signal: AbortSignal,
  ): Promise<{ readonly observation: Observation; readonly looks: Looks }> {
    const observation = await this.observe(binding, target, workspace, undefined, signal)
    return { observation, looks: this.#compare(binding, target, workspace, undefined, observation) }
  }

  observe(
    binding: Binding,
    target: StateTarget,
    workspace: string,
    names: readonly RecordName[] | undefined,
    signal: AbortSignal,
  ): Promise<Observation> {
    const { clock, limits, ledger } = this.#options
    return withDeadline(clock, limits.callDeadlineMs, signal, (inner) =>
      target.observe(
        {
          workspace,
          collections: binding.collections,
          ...(names === undefined ? {} : { records: names.map(([collection, id]) => ({ collection, id })) }),
          applied: ledger.view.appliedLookup(binding.name, workspace),
        },
        { signal: inner },
      ),
    )
  }

  /** Journals and writes decisions that were made by other means than a look: answers, adoptions. */
  settle(binding: Binding, workspace: string, make: () => readonly Decision[]): Promise<LeftAlone> {
    return this.#lock.run(workspace, async () => {
      const looks = make().map((decision) => ({
        name: [decision.item.collection, decision.item.id] as const,
        decision,
      }))
      return this.#carryOut(binding, workspace, looks)
    })
  }

  /** After a start: what was to be written and is not in the document is written now. Call it once the log is read. */
  recover(workspace: string): Promise<void> {
    return this.#lock.run(workspace, async () => {
      const { ledger } = this.#options
      for (const { binding: name, name: record } of ledger.view.pendings(workspace)) {
        const base = ledger.view.base(name, workspace, ...record)
        const binding = ledger.view.bindings.find((one) => one.name === name && !one.removed)
        if (base?.pending === undefined || binding === undefined) continue
        const { collection, id, sent, observed, timeMs, pending } = base
        await this.#carryOut(binding, workspace, [
          { name: record, decision: { item: { collection, id, sent, observed, timeMs }, writes: pending.fields } },
        ])
      }
    })
  }

  #compare(
    binding: Binding,
    target: StateTarget,
    workspace: string,
    names: readonly RecordName[] | undefined,
    observation: Observation,
  ): readonly { readonly name: RecordName; readonly decision: Decision; readonly isLost: boolean }[] {
    const { ledger, clock } = this.#options
    const { view } = ledger
    const timeMs = observation.observedAtMs ?? clock.nowMs()
    const seen = new Map<string, ObservedRecord>()
    for (const one of observation.records) seen.set(JSON.stringify([one.collection, one.id]), one)
    const due = new Map<string, RecordName>()
    const add = (name: RecordName): void => void due.set(JSON.stringify(name), name)
    if (names === undefined) {
      for (const one of observation.records) add([one.collection, one.id])
      if (observation.complete) for (const one of view.bases(binding.name, workspace)) add([one.collection, one.id])
    } else for (const name of names) add(name)
    const found: { readonly name: RecordName; readonly decision: Decision; readonly isLost: boolean }[] = []
    for (const [key, name] of due) {
      const [collection, id] = name
      const there = seen.get(key)
      if ((there === undefined && !observation.complete) || !binding.collections.includes(collection)) continue
      const base = view.base(binding.name, workspace, collection, id)
      // What the brake has stopped is left alone by us, too, until a person acts.
      if (base?.brake !== undefined) continue
      const record = view.record(workspace, collection, id)
      const kept = target.fieldsOf?.(collection)
      const decision = decide({ binding, collection, id, record, base, seen: there ?? null, kept, timeMs })
      const isLost = there === undefined && base?.observed != null && record?.after != null
      if (decision !== undefined) found.push({ name, decision, isLost })
    }
    return found
  }

  /** How many absences wait for a confirmation: all, or none. */
  #tooMany(binding: Binding, workspace: string, absent: readonly RecordName[]): number {
    const { free, maxCount, maxShare } = { ...defaultDeletions, ...binding.deletions }
    const byCollection = new Map<string, number>()
    for (const [collection] of absent) byCollection.set(collection, (byCollection.get(collection) ?? 0) + 1)
    const { collections } = this.#options.ledger.view.counts(binding.name, workspace)
    const isTooMuch = [...byCollection].some(
      ([collection, count]) =>
        count > free && (count > maxCount || count / Math.max(1, collections[collection]?.living ?? 0) > maxShare),
    )
    return isTooMuch ? absent.length : 0
  }

  async #carryOut(binding: Binding, workspace: string, looks: Looks): Promise<LeftAlone> {
    if (looks.length === 0) return []
    const { ledger, limits, clock, log, writerOf } = this.#options
    const braked = looks.map(({ name, decision }) => {
      const base = ledger.view.base(binding.name, workspace, ...name)
      const { automatic } = decision.item
      if (automatic === undefined || !trips(base, automatic, clock.nowMs(), limits)) return decision
      this.#counters.braked++
      log.warn("record stopped: both sides rewrite it", { binding: binding.name, collection: name[0], record: name[1] })
      return { item: stopped(decision.item, base), writes: {} }
    })
    const writing = braked.filter(({ writes }) => Object.keys(writes).length > 0)
    const writer = writing.length === 0 ? undefined : writerOf(workspace)
    if (writing.length > 0 && writer === undefined) {
      throw new MillraceError(`The workspace ${workspace} is not followed yet; it is looked at again.`, {
        kind: "unavailable",
        retry: "now",
      })
    }
    const place = await writer?.place()
    const items = braked.map(({ item, writes }): ReconciledItem => {
      const isWritten = place !== undefined && Object.keys(writes).length > 0
      return isWritten ? { ...item, pending: { fields: writes, ...place } satisfies PendingWrite } : item
    })
    await this.#commit(binding, workspace, items)
    this.#count(items)
    if (writer === undefined) return []
    const writes = writing.map(({ item: { collection, id }, writes: fields }): WriteBack => ({
      collection,
      id,
      fields,
    }))
    let left: LeftAlone
    try {
      left = await writer.write(writes)
    } catch (thrown) {
      // It is on its way, or is found pending at the next start; either way the document decides.
      log.warn("write-back not confirmed", { workspace, detail: messageOf(thrown) })
      return []
    }
    this.#counters.writeBacks += writes.length - left.length
    this.#counters.leftAlone += left.length
    for (const { collection, id, reason } of left) {
      log.info("write-back left alone", { binding: binding.name, collection, record: id, reason })
    }
    const undone = left.flatMap(({ collection, id }) => {
      const base = ledger.view.base(binding.name, workspace, collection, id)
      return base === undefined ? [] : [undoneItem(base)]
    })
    if (undone.length > 0) await this.#commit(binding, workspace, undone)
    return left
  }

  async #commit({ name, revision }: Binding, workspace: string, items: readonly ReconciledItem[]): Promise<void> {
    const entries = splitItems(items).map(
      (part) => ({ kind: "reconciled", binding: name, revision, workspace, items: part }) as const,
    )
    await this.#options.ledger.commit(entries)
  }

  #count(items: readonly ReconciledItem[]): void {
    for (const { resend, disputes } of items) {
      if (resend === true) this.#counters.restored++
      this.#counters.disputes += Object.keys(disputes ?? {}).length
    }
  }
}

/** The brake in place of what would have been done; both sides stay as they were seen. */
function stopped(
  { collection, id, timeMs, automatic, observed }: Decision["item"],
  base: BaseRow | undefined,
): Decision["item"] {
  return {
    collection,
    id,
    timeMs,
    observed,
    sent: base?.sent ?? null,
    brake: true,
    ...(automatic === undefined ? {} : { automatic }),
  }
}

/** The base as it was before a write that was not carried out, so that the next look decides anew. */
function undoneItem({ collection, id, sent, observed, timeMs, pending, wrote, disputes }: BaseRow): ReconciledItem {
  const [was, saw] = [new Map(fieldsOf(sent)), new Map(fieldsOf(observed))]
  for (const field of Object.keys(pending?.fields ?? {})) {
    const before = wrote?.[field]
    if (field === wholeRecord || before === undefined) continue
    withField(was, field, before.base)
    withField(saw, field, before.baseTheirs)
  }
  return {
    collection,
    id,
    sent: sent === null ? null : recordText(was),
    observed: observed === null ? null : recordText(saw),
    timeMs,
    pending: null,
    ...(disputes === undefined ? {} : { disputes }),
  }
}

/** Whether records of any of these collections are compared before they are sent. */
export function looksFirst(binding: Binding, collections: Iterable<string>): boolean {
  return [...collections].some((collection) => comesBack(binding, collection))
}
