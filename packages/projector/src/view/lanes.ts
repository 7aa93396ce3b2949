import type { Binding } from "../binding.ts"
import type { FailedRecord } from "../journal/entry.ts"
import { Counter } from "./counter.ts"
import { laneKey, under, type ViewKey } from "./keys.ts"
import { categoryOf, type FaultRow, type ItemRow, type LaneRow, type RecordRow } from "./rows.ts"
import type { Tables } from "./tables.ts"

export type NewItem = Omit<ItemRow, "n" | "next">

const emptyLane: LaneRow = { first: 0, last: 0, chain: [], fault: null }

// Beyond this many versions waiting behind one another the last ones count as one: the watermark only gets later.
const maxChain = 16

/** The outbox: per binding and record what is outstanding, with counters. Lives as long as one transaction. */
export class Lanes {
  readonly #tables: Tables
  readonly counter: Counter

  constructor(tables: Tables) {
    this.#tables = tables
    this.counter = new Counter(tables)
  }

  /** Adds a change: behind the record's others for a log, in place of them for a state. */
  add(
    binding: Binding,
    workspace: string,
    item: NewItem,
    old: RecordRow | undefined,
    now: RecordRow | undefined,
  ): void {
    const key = laneKey(binding.name, workspace, item.collection, item.id)
    const lane = this.#tables.lanes.get(key) ?? emptyLane
    const next =
      binding.shape === "log"
        ? this.#append(binding.name, workspace, item, lane)
        : this.#supersede(binding.name, workspace, item, lane)
    this.#put(binding.name, workspace, key, lane, next, old, now)
  }

  /** Takes out what the target confirmed: this version of the record and all before it. */
  accept(
    binding: Binding,
    workspace: string,
    collection: string,
    id: string,
    version: number,
    record: RecordRow | undefined,
  ): void {
    const key = laneKey(binding.name, workspace, collection, id)
    const lane = this.#tables.lanes.get(key)
    if (lane === undefined || lane.first === 0 || lane.fault?.state === "parked") return
    const next =
      binding.shape === "log"
        ? this.#acceptLog(binding.name, workspace, lane, version)
        : this.#acceptState(binding.name, workspace, lane, version)
    this.#put(binding.name, workspace, key, lane, next, record, record)
  }

  /** Isolates a version that the target refused; one that is no longer the first outstanding changes nothing. */
  fail(binding: Binding, workspace: string, failed: FailedRecord, record: RecordRow | undefined): void {
    const key = laneKey(binding.name, workspace, failed.collection, failed.id)
    const lane = this.#tables.lanes.get(key)
    if (lane === undefined || lane.first === 0 || lane.fault?.state === "parked") return
    const first = this.#item(binding.name, workspace, lane.first)
    if (first?.version !== failed.version) return
    const { kind, version, state, reason, attempts, timeMs } = failed
    // Touches up to the position that changed nothing were looked at: the exception is about them too.
    const reached = this.#tables.positions.get([workspace])?.seq ?? 0
    // What was refused stays beside the lane, so that a person can have it tried again.
    const seq = Math.max(first.seq, reached, this.#holdAll(binding.name, workspace, lane))
    const fault: FaultRow = { state, kind, version, seq, reason, attempts, timeMs }
    const next = state === "parked" ? { ...lane, fault } : { ...lane, first: 0, last: 0, chain: [], fault }
    if (state === "rejected") this.#tables.held.removeSync([binding.name, workspace, lane.first])
    this.#put(binding.name, workspace, key, lane, next, record, record)
  }

  /** What was parked goes out again from where it stood. */
  unpark(binding: string, workspace: string, collection: string, id: string, record: RecordRow | undefined): void {
    const key = laneKey(binding, workspace, collection, id)
    const lane = this.#tables.lanes.get(key)
    if (lane === undefined || lane.fault?.state !== "parked") return
    this.#releaseAll(binding, workspace, lane)
    this.#put(binding, workspace, key, lane, { ...lane, fault: null }, record, record)
  }

  /**
   * Gives up the version at the front of a parked log lane: `skipped` is told in its place, and what comes next begins
   * anew, since what was before it was never told.
   */
  skip(binding: Binding, workspace: string, collection: string, id: string, record: RecordRow | undefined): void {
    const key = laneKey(binding.name, workspace, collection, id)
    const lane = this.#tables.lanes.get(key)
    if (lane === undefined || lane.fault?.state !== "parked" || lane.first === 0) return
    const place = (n: number): ViewKey => [binding.name, workspace, n]
    const first = this.#tables.held.get(place(lane.first))
    if (first === undefined) return
    const source = `${binding.name}/skipped/${first.version}`
    const { force: _force, ...told } = first
    this.#tables.held.putSync(place(first.n), {
      ...told,
      op: "skipped",
      hash: null,
      before: null,
      after: null,
      source,
    })
    const second = this.#tables.held.get(place(first.next))
    if (second !== undefined) {
      const op = second.after === null ? "delete" : "add"
      this.#tables.held.putSync(place(second.n), { ...second, op, before: null, source })
    }
    this.#releaseAll(binding.name, workspace, lane)
    this.#put(binding.name, workspace, key, lane, { ...lane, fault: null }, record, record)
  }

  /** Forgets a fault of a state lane: the next version is the first that the target hears of again. */
  forgive(binding: string, workspace: string, collection: string, id: string, record: RecordRow | undefined): void {
    const key = laneKey(binding, workspace, collection, id)
    const lane = this.#tables.lanes.get(key)
    if (lane === undefined || lane.fault === null || lane.fault.state === "parked") return
    this.#put(binding, workspace, key, lane, { ...lane, fault: null }, record, record)
  }

  /** Sets or takes away a dispute's or the brake's mark. */
  mark(
    binding: string,
    workspace: string,
    collection: string,
    id: string,
    mark: LaneRow["mark"] | undefined,
    record: RecordRow | undefined,
  ): void {
    const key = laneKey(binding, workspace, collection, id)
    const lane = this.#tables.lanes.get(key) ?? emptyLane
    const { mark: old, ...rest } = lane
    if (old === undefined && mark === undefined) return
    const holds = mark?.holds === true
    if (holds && old?.holds !== true) this.#holdAll(binding, workspace, lane)
    if (!holds && old?.holds === true) this.#releaseAll(binding, workspace, lane)
    this.#put(binding, workspace, key, lane, mark === undefined ? rest : { ...rest, mark }, record, record)
  }

  /** Says whether the record differs from its release. */
  draft(
    binding: string,
    workspace: string,
    collection: string,
    id: string,
    isDraft: boolean,
    old: RecordRow | undefined,
    now: RecordRow | undefined,
  ): void {
    const key = laneKey(binding, workspace, collection, id)
    const lane = this.#tables.lanes.get(key) ?? emptyLane
    const { draft: _, ...rest } = lane
    this.#put(binding, workspace, key, lane, isDraft ? { ...rest, draft: true } : rest, old, now)
  }

  /** A touch that changed nothing: what stands against the record is about it too. */
  see(binding: string, workspace: string, collection: string, id: string, seq: number): void {
    const key = laneKey(binding, workspace, collection, id)
    const lane = this.#tables.lanes.get(key)
    if (lane === undefined) return
    const fault = lane.fault === null || lane.fault.seq >= seq ? lane.fault : { ...lane.fault, seq }
    const mark = lane.mark === undefined || lane.mark.seq >= seq ? lane.mark : { ...lane.mark, seq }
    if (fault === lane.fault && mark === lane.mark) return
    this.#tables.lanes.putSync(key, { ...lane, fault, ...(mark === undefined ? {} : { mark }) })
  }

  /** Counts a record whose row changes while its lane does not. */
  recount(
    binding: string,
    workspace: string,
    collection: string,
    id: string,
    old: RecordRow | undefined,
    now: RecordRow,
  ): void {
    const lane = this.#tables.lanes.get(laneKey(binding, workspace, collection, id))
    this.counter.move(binding, workspace, collection, categoryOf(old, lane), categoryOf(now, lane))
  }

  /** Forgets a record that the binding no longer covers. */
  drop(binding: string, workspace: string, record: RecordRow): void {
    const key = laneKey(binding, workspace, record.collection, record.id)
    const lane = this.#tables.lanes.get(key)
    for (let n = lane?.first ?? 0; n !== 0;) {
      const item = this.#unqueue(binding, workspace, n) ?? this.#tables.held.get([binding, workspace, n])
      this.#tables.held.removeSync([binding, workspace, n])
      n = item?.next ?? 0
    }
    this.#tables.lanes.removeSync(key)
    this.counter.move(binding, workspace, record.collection, categoryOf(record, lane), undefined)
  }

  /** Whether something stands against the record that its status must tell. */
  hasException(binding: string, workspace: string, collection: string, id: string): boolean {
    const lane = this.#tables.lanes.get(laneKey(binding, workspace, collection, id))
    return lane !== undefined && (lane.fault !== null || lane.mark !== undefined)
  }

  isIdle(binding: string, workspace: string, collection: string, id: string): boolean {
    const lane = this.#tables.lanes.get(laneKey(binding, workspace, collection, id))
    return lane === undefined || lane.first === 0
  }

  /** Everything outstanding holds the watermark at 0. */
  holdAll(binding: string, workspace: string): void {
    for (const table of [this.#tables.queue, this.#tables.deletions]) {
      for (const { value } of Array.from(table.getRange(under(binding, workspace)))) {
        this.#tables.froms.removeSync([binding, workspace, value.from, value.n])
        table.putSync([binding, workspace, value.n], { ...value, from: 1 })
        this.#tables.froms.putSync([binding, workspace, 1, value.n], true)
      }
    }
    const lanes = [...this.#tables.lanes.getRange(under(binding, workspace))]
    for (const { key, value } of lanes) {
      const chain = value.chain.map(([version]) => [version, 1] as const)
      const fault = value.fault === null ? null : { ...value.fault, seq: 0 }
      const mark = value.mark === undefined ? {} : { mark: { ...value.mark, seq: 0 } }
      this.#tables.lanes.putSync(key, { ...value, chain, fault, ...mark })
    }
  }

  finish(): void {
    this.counter.finish()
  }

  #append(binding: string, workspace: string, item: NewItem, lane: LaneRow): LaneRow {
    const n = this.counter.nextN(binding, workspace)
    const row: ItemRow = { ...item, n, next: 0 }
    const parked = lane.fault !== null
    const table = parked ? this.#tables.held : this.#tables.queue
    if (lane.last !== 0) {
      const before = table.get([binding, workspace, lane.last])
      if (before !== undefined) table.putSync([binding, workspace, lane.last], { ...before, next: n })
    }
    if (parked) this.#tables.held.putSync([binding, workspace, n], row)
    else this.#enqueue(binding, workspace, row)
    const fault = lane.fault === null ? null : { ...lane.fault, seq: Math.max(lane.fault.seq, item.seq) }
    return { ...lane, first: lane.first === 0 ? n : lane.first, last: n, chain: [], fault }
  }

  #supersede(binding: string, workspace: string, item: NewItem, lane: LaneRow): LaneRow {
    const chain = [...lane.chain]
    const tail = chain.at(-1)
    if (tail !== undefined && (chain.length >= maxChain || tail[0] === item.version)) {
      chain[chain.length - 1] = [item.version, tail[1]]
    } else chain.push([item.version, item.from])
    if (lane.first !== 0) this.#unqueue(binding, workspace, lane.first)
    // The place in the order stays, so that a record under constant change is not overtaken for ever.
    const n = lane.first === 0 ? this.counter.nextN(binding, workspace) : lane.first
    const row: ItemRow = { ...item, from: chainFrom(chain), n, next: 0 }
    const mark = lane.mark === undefined ? {} : { mark: { ...lane.mark, seq: Math.max(lane.mark.seq, item.seq) } }
    if (lane.mark?.holds === true) this.#tables.held.putSync([binding, workspace, n], row)
    else this.#enqueue(binding, workspace, row)
    return { ...lane, first: n, last: n, chain, fault: null, ...mark }
  }

  #acceptLog(binding: string, workspace: string, lane: LaneRow, version: number): LaneRow {
    let first = lane.first
    while (first !== 0) {
      const item = this.#item(binding, workspace, first)
      if (item === undefined || item.version > version) break
      this.#unqueue(binding, workspace, first)
      first = item.next
    }
    return { ...lane, first, last: first === 0 ? 0 : lane.last }
  }

  #acceptState(binding: string, workspace: string, lane: LaneRow, version: number): LaneRow {
    const { first, last, chain, ...rest } = lane
    const held = this.#tables.held.get([binding, workspace, first])
    const item = this.#unqueue(binding, workspace, first) ?? held
    if (item === undefined || item.version <= version) {
      this.#tables.held.removeSync([binding, workspace, first])
      return { ...rest, ...emptyLane }
    }
    const waiting = chain.filter(([each]) => each > version)
    const row = { ...item, from: chainFrom(waiting) }
    if (held === undefined) this.#enqueue(binding, workspace, row)
    else this.#tables.held.putSync([binding, workspace, first], row)
    return { ...rest, first, last, chain: waiting, fault: lane.fault }
  }

  /** Moves everything outstanding of a lane aside; returns the highest seq there. */
  #holdAll(binding: string, workspace: string, lane: LaneRow): number {
    let seq = 0
    for (let n = lane.first; n !== 0;) {
      const item = this.#unqueue(binding, workspace, n)
      if (item === undefined) break
      this.#tables.held.putSync([binding, workspace, n], item)
      seq = Math.max(seq, item.seq)
      n = item.next
    }
    return seq
  }

  /** Puts back what was moved aside. The watermark has passed it: it never goes back for it. */
  #releaseAll(binding: string, workspace: string, lane: LaneRow): void {
    const position = this.#tables.positions.get([workspace])?.seq ?? 0
    for (let n = lane.first; n !== 0;) {
      const item = this.#tables.held.get([binding, workspace, n])
      if (item === undefined) break
      this.#tables.held.removeSync([binding, workspace, n])
      this.#enqueue(binding, workspace, { ...item, from: Math.max(item.from, position + 1) })
      n = item.next
    }
  }

  #item(binding: string, workspace: string, n: number): ItemRow | undefined {
    return this.#tables.queue.get([binding, workspace, n]) ?? this.#tables.deletions.get([binding, workspace, n])
  }

  #enqueue(binding: string, workspace: string, item: ItemRow): void {
    // Only a state target's lane can be without chain of before and after: its deletions may have to wait.
    const waits = item.op === "delete" && this.counter.isState(binding)
    const table = waits ? this.#tables.deletions : this.#tables.queue
    table.putSync([binding, workspace, item.n], item)
    this.#tables.froms.putSync([binding, workspace, item.from, item.n], true)
    this.counter.queued(binding, workspace, item.collection, waits, 1)
  }

  #unqueue(binding: string, workspace: string, n: number): ItemRow | undefined {
    const key: ViewKey = [binding, workspace, n]
    const deletion = this.#tables.deletions.get(key)
    const item = deletion ?? this.#tables.queue.get(key)
    if (item === undefined) return undefined
    const waits = deletion !== undefined
    ;(waits ? this.#tables.deletions : this.#tables.queue).removeSync(key)
    this.#tables.froms.removeSync([binding, workspace, item.from, n])
    this.counter.queued(binding, workspace, item.collection, waits, -1)
    return item
  }

  #put(
    binding: string,
    workspace: string,
    key: ReturnType<typeof laneKey>,
    lane: LaneRow,
    next: LaneRow,
    old: RecordRow | undefined,
    now: RecordRow | undefined,
  ): void {
    const isEmpty = next.first === 0 && next.fault === null && next.mark === undefined && next.draft === undefined
    if (isEmpty) this.#tables.lanes.removeSync(key)
    else this.#tables.lanes.putSync(key, next)
    const collection = now?.collection ?? old?.collection ?? ""
    this.counter.move(binding, workspace, collection, categoryOf(old, lane), categoryOf(now, next))
  }
}

/** The first seq of all versions that a state item stands for. */
function chainFrom(chain: LaneRow["chain"]): number {
  return Math.min(...chain.map(([, from]) => from))
}
