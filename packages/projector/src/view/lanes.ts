import type { Binding } from "../binding.ts"
import type { FailedRecord } from "../journal/entry.ts"
import { laneKey, under } from "./keys.ts"
import {
  type Category,
  categoryOf,
  type CountsRow,
  type FaultRow,
  type ItemRow,
  type LaneRow,
  type RecordRow,
} from "./rows.ts"
import type { Tables } from "./tables.ts"

export type NewItem = Omit<ItemRow, "n" | "next">

type Counts = { -readonly [K in keyof CountsRow]: CountsRow[K] }

const emptyLane: LaneRow = { first: 0, last: 0, chain: [], fault: null }

// Beyond this many versions waiting behind one another the last ones count as one: the watermark only gets later.
const maxChain = 16

/** The outbox: per binding and record what is outstanding, with counters. Lives as long as one transaction. */
export class Lanes {
  readonly #tables: Tables
  readonly #counts = new Map<string, { readonly key: [string, string]; readonly counts: Counts }>()

  constructor(tables: Tables) {
    this.#tables = tables
  }

  /** Adds a change: behind the record's others for a log, in place of them for a state. */
  add(binding: Binding, workspace: string, item: NewItem, old: RecordRow | undefined, now: RecordRow): void {
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
    let seq = Math.max(first.seq, this.#tables.positions.get([workspace])?.seq ?? 0)
    if (state === "parked") {
      for (let n = lane.first; n !== 0;) {
        const item = this.#unqueue(binding.name, workspace, n)
        if (item === undefined) break
        this.#tables.held.putSync([binding.name, workspace, n], item)
        seq = Math.max(seq, item.seq)
        n = item.next
      }
    } else {
      this.#unqueue(binding.name, workspace, lane.first)
    }
    const fault: FaultRow = { state, kind, version, seq, reason, attempts, timeMs }
    const next = state === "parked" ? { ...lane, fault } : { ...emptyLane, fault }
    this.#put(binding.name, workspace, key, lane, next, record, record)
  }

  /** A touch that changed nothing: a standing fault is about it too. */
  see(binding: string, workspace: string, collection: string, id: string, seq: number): void {
    const key = laneKey(binding, workspace, collection, id)
    const lane = this.#tables.lanes.get(key)
    if (lane === undefined || lane.fault === null || lane.fault.seq >= seq) return
    this.#tables.lanes.putSync(key, { ...lane, fault: { ...lane.fault, seq } })
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
    this.#count(binding, workspace, categoryOf(old, lane), categoryOf(now, lane))
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
    this.#count(binding, workspace, categoryOf(record, lane), undefined)
  }

  hasFault(binding: string, workspace: string, collection: string, id: string): boolean {
    return (this.#tables.lanes.get(laneKey(binding, workspace, collection, id))?.fault ?? null) !== null
  }

  /** Everything outstanding holds the watermark at 0. */
  holdAll(binding: string, workspace: string): void {
    const items = [...this.#tables.queue.getRange(under(binding, workspace))]
    for (const { value } of items) {
      this.#tables.froms.removeSync([binding, workspace, value.from, value.n])
      this.#enqueue(binding, workspace, { ...value, from: 1 }, 0)
    }
    const lanes = [...this.#tables.lanes.getRange(under(binding, workspace))]
    for (const { key, value } of lanes) {
      const chain = value.chain.map(([version]) => [version, 1] as const)
      const fault = value.fault === null ? null : { ...value.fault, seq: 0 }
      this.#tables.lanes.putSync(key, { ...value, chain, fault })
    }
  }

  finish(): void {
    for (const { key, counts } of this.#counts.values()) this.#tables.counts.putSync(key, counts)
  }

  #append(binding: string, workspace: string, item: NewItem, lane: LaneRow): LaneRow {
    const n = this.#nextN(binding, workspace)
    const row: ItemRow = { ...item, n, next: 0 }
    const parked = lane.fault !== null
    const table = parked ? this.#tables.held : this.#tables.queue
    if (lane.last !== 0) {
      const before = table.get([binding, workspace, lane.last])
      if (before !== undefined) table.putSync([binding, workspace, lane.last], { ...before, next: n })
    }
    if (parked) this.#tables.held.putSync([binding, workspace, n], row)
    else this.#enqueue(binding, workspace, row, 1)
    const fault = lane.fault === null ? null : { ...lane.fault, seq: Math.max(lane.fault.seq, item.seq) }
    return { first: lane.first === 0 ? n : lane.first, last: n, chain: [], fault }
  }

  #supersede(binding: string, workspace: string, item: NewItem, lane: LaneRow): LaneRow {
    const chain = [...lane.chain]
    const tail = chain.at(-1)
    if (tail !== undefined && chain.length >= maxChain) chain[chain.length - 1] = [item.version, tail[1]]
    else chain.push([item.version, item.from])
    if (lane.first !== 0) this.#unqueue(binding, workspace, lane.first)
    // The place in the order stays, so that a record under constant change is not overtaken for ever.
    const n = lane.first === 0 ? this.#nextN(binding, workspace) : lane.first
    this.#enqueue(binding, workspace, { ...item, from: chainFrom(chain), n, next: 0 }, 1)
    return { first: n, last: n, chain, fault: null }
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
    const item = this.#unqueue(binding, workspace, lane.first)
    if (item === undefined || item.version <= version) return emptyLane
    const chain = lane.chain.filter(([waiting]) => waiting > version)
    this.#enqueue(binding, workspace, { ...item, from: chainFrom(chain) }, 1)
    return { ...lane, chain }
  }

  #item(binding: string, workspace: string, n: number): ItemRow | undefined {
    return this.#tables.queue.get([binding, workspace, n])
  }

  #enqueue(binding: string, workspace: string, item: ItemRow, count: 0 | 1): void {
    this.#tables.queue.putSync([binding, workspace, item.n], item)
    this.#tables.froms.putSync([binding, workspace, item.from, item.n], true)
    this.#countsOf(binding, workspace).queued += count
  }

  #unqueue(binding: string, workspace: string, n: number): ItemRow | undefined {
    const item = this.#item(binding, workspace, n)
    if (item === undefined) return undefined
    this.#tables.queue.removeSync([binding, workspace, n])
    this.#tables.froms.removeSync([binding, workspace, item.from, n])
    this.#countsOf(binding, workspace).queued--
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
    if (next.first === 0 && next.fault === null) this.#tables.lanes.removeSync(key)
    else this.#tables.lanes.putSync(key, next)
    this.#count(binding, workspace, categoryOf(old, lane), categoryOf(now, next))
  }

  #count(binding: string, workspace: string, before: Category | undefined, after: Category | undefined): void {
    if (before === after) return
    const counts = this.#countsOf(binding, workspace)
    if (before !== undefined) counts[before]--
    if (after !== undefined) counts[after]++
  }

  #nextN(binding: string, workspace: string): number {
    return this.#countsOf(binding, workspace).nextN++
  }

  #countsOf(binding: string, workspace: string): Counts {
    // Names of bindings and workspaces have no slash.
    const name = `${binding}/${workspace}`
    const cached = this.#counts.get(name)
    if (cached !== undefined) return cached.counts
    const stored = this.#tables.counts.get([binding, workspace])
    const counts: Counts =
      stored === undefined ? { parked: 0, rejected: 0, pending: 0, synced: 0, queued: 0, nextN: 1 } : { ...stored }
    this.#counts.set(name, { key: [binding, workspace], counts })
    return counts
  }
}

/** The first seq of all versions that a state item stands for. */
function chainFrom(chain: LaneRow["chain"]): number {
  return Math.min(...chain.map(([, from]) => from))
}
