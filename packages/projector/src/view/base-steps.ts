import type { Intent } from "@millrace/target"
import type { Binding } from "../binding.ts"
import type { AppliedState } from "../journal/entry.ts"
import { type Landed, type ReconciledItem, wholeRecord } from "../journal/two-way-entries.ts"
import { fieldsOf } from "../two-way/fields.ts"
import { laneKey, under, type ViewKey } from "./keys.ts"
import type { Lanes } from "./lanes.ts"
import type { BaseRow, LaneRow, RecordRow } from "./rows.ts"
import type { Tables } from "./tables.ts"

// Of older automatic writes no brake asks.
const maxAutomatic = 64

/** What journal entries do to the bases: the rows that say what a target was sent and what it was seen to hold. */
export class BaseSteps {
  readonly #tables: Tables
  readonly #lanes: Lanes

  constructor(tables: Tables, lanes: Lanes) {
    this.#tables = tables
    this.#lanes = lanes
  }

  /** The target confirmed a version. */
  confirm(
    binding: string,
    workspace: string,
    collection: string,
    id: string,
    version: number,
    { sent, observed, remote, timeMs }: AppliedState,
  ): void {
    const key = laneKey(binding, workspace, collection, id)
    const old = this.#tables.bases.get(key)
    const { intent: _, wrote, ...rest } = old ?? blank(collection, id)
    const kept = stillWrote(wrote, rest.sent, sent)
    const row: BaseRow = {
      ...rest,
      version,
      sent,
      observed: sent === null ? null : (observed ?? sent),
      remote: sent === null ? {} : { ...rest.remote, ...remote },
      timeMs,
      ...(kept === undefined ? {} : { wrote: kept }),
    }
    this.#tables.bases.putSync(key, row)
  }

  intend(binding: string, workspace: string, collection: string, id: string, intent: Intent): void {
    const key = laneKey(binding, workspace, collection, id)
    this.#tables.bases.putSync(key, { ...(this.#tables.bases.get(key) ?? blank(collection, id)), intent })
  }

  /** Somebody looked at the target. */
  reconcile(binding: Binding, workspace: string, item: ReconciledItem, record: RecordRow | undefined): void {
    const { collection, id } = item
    const key = laneKey(binding.name, workspace, collection, id)
    const old = this.#tables.bases.get(key) ?? blank(collection, id)
    const { pending, disputes, automatic, brake, ...rest } = old
    const writes = item.automatic === undefined ? automatic : pushed(automatic, item.timeMs, item.automatic)
    const open = item.disputes ?? disputes
    const due = item.pending === undefined ? pending : (item.pending ?? undefined)
    const stopped = item.brake === true ? { sinceMs: item.timeMs, count: writes?.length ?? 0 } : brake
    const row: BaseRow = {
      ...rest,
      sent: item.sent,
      observed: item.observed,
      remote: item.remote ?? old.remote,
      owner: item.owner ?? old.owner,
      timeMs: item.timeMs,
      ...(item.wrote === undefined ? {} : { wrote: { ...rest.wrote, ...item.wrote } }),
      ...(due === undefined ? {} : { pending: due }),
      ...(open === undefined || Object.keys(open).length === 0 ? {} : { disputes: open }),
      ...(writes === undefined ? {} : { automatic: writes }),
      ...(stopped === undefined ? {} : { brake: stopped }),
    }
    this.#tables.bases.putSync(key, row)
    this.#index(binding.name, workspace, row)
    this.#lanes.mark(binding.name, workspace, collection, id, this.#markOf(workspace, row, record), record)
    if (item.resend === true && record !== undefined) this.resend(binding, workspace, record)
  }

  /** Puts the record's present state into the outbox though it was there before; what waits already is enough. */
  resend(binding: Binding, workspace: string, record: RecordRow): void {
    const { collection, id } = record
    const released =
      binding.mode === "published"
        ? this.#tables.released.get(laneKey(binding.name, workspace, collection, id))
        : record
    if (released === undefined || record.version === 0) return
    const position = this.#tables.positions.get([workspace])?.seq ?? 0
    const { generation, author, timeMs } = record
    this.#lanes.add(
      binding,
      workspace,
      {
        collection,
        id,
        version: "number" in released ? released.number : released.version,
        hash: released.hash,
        after: released.after,
        op: released.after === null ? "delete" : "update",
        before: null,
        generation,
        author,
        timeMs,
        seqFrom: record.seq,
        seq: record.seq,
        from: position + 1,
        baseline: 0,
        force: true,
      },
      record,
      record,
    )
  }

  /** A person touched the record: what was written without one does not count any more. */
  edited(binding: Binding, workspace: string, collection: string, id: string, record: RecordRow | undefined): void {
    const key = laneKey(binding.name, workspace, collection, id)
    const row = this.#tables.bases.get(key)
    if (row === undefined || (row.automatic === undefined && row.brake === undefined)) return
    this.#tables.bases.putSync(key, this.#calmed(row))
    if (row.brake !== undefined) this.calm(binding, workspace, collection, id, record)
  }

  /** Takes the brake off. */
  calm(binding: Binding, workspace: string, collection: string, id: string, record: RecordRow | undefined): void {
    const key = laneKey(binding.name, workspace, collection, id)
    const row = this.#tables.bases.get(key)
    if (row === undefined) return
    const calmed = this.#calmed(row)
    this.#tables.bases.putSync(key, calmed)
    this.#lanes.mark(binding.name, workspace, collection, id, this.#markOf(workspace, calmed, record), record)
  }

  /** The document holds what was written under this client id up to here. */
  land(workspace: string, { client, clock }: Landed): void {
    for (const { key, value } of Array.from(this.#tables.pendings.getRange(under(workspace)))) {
      const [collection, id] = value
      const at = laneKey(String(key[1]), workspace, collection, id)
      const row = this.#tables.bases.get(at)
      if (row?.pending !== undefined && (row.pending.client !== client || row.pending.clock >= clock)) continue
      this.#tables.pendings.removeSync(key)
      if (row === undefined) continue
      const { pending: _, ...rest } = row
      this.#tables.bases.putSync(at, rest)
    }
  }

  forget(binding: string, workspace: string, collection: string, id: string): void {
    const key = laneKey(binding, workspace, collection, id)
    this.#tables.bases.removeSync(key)
    this.#tables.pendings.removeSync(pendingKey(binding, workspace, key))
  }

  #index(binding: string, workspace: string, row: BaseRow): void {
    const key = pendingKey(binding, workspace, laneKey(binding, workspace, row.collection, row.id))
    if (row.pending === undefined) this.#tables.pendings.removeSync(key)
    else this.#tables.pendings.putSync(key, [row.collection, row.id])
  }

  #calmed(row: BaseRow): BaseRow {
    const { automatic: _, brake: __, ...rest } = row
    return rest
  }

  #markOf(workspace: string, row: BaseRow, record: RecordRow | undefined): LaneRow["mark"] | undefined {
    const seq = Math.max(record?.seq ?? 0, this.#tables.positions.get([workspace])?.seq ?? 0)
    if (row.brake !== undefined) return { kind: "oscillating", holds: true, seq }
    if (row.disputes === undefined) return undefined
    return { kind: "conflict", holds: Object.hasOwn(row.disputes, wholeRecord), seq }
  }
}

/** A write-back that something else was sent after is history: nobody's edit can be older than it and not seen it. */
function stillWrote(wrote: BaseRow["wrote"], before: string | null, now: string | null): BaseRow["wrote"] {
  if (wrote === undefined || before === now) return wrote
  const [was, is] = [fieldsOf(before), fieldsOf(now)]
  const kept = Object.entries(wrote).filter(([field]) => was.get(field) === is.get(field))
  return kept.length === 0 ? undefined : Object.fromEntries(kept)
}

function blank(collection: string, id: string): BaseRow {
  return { collection, id, version: 0, sent: null, observed: null, remote: {}, owner: "ours", timeMs: 0 }
}

function pushed(writes: BaseRow["automatic"], timeMs: number, hash: string): NonNullable<BaseRow["automatic"]> {
  return [...(writes ?? []), [timeMs, hash] as const].slice(-maxAutomatic)
}

function pendingKey(binding: string, workspace: string, lane: ViewKey): ViewKey {
  return [workspace, binding, ...lane.slice(2)]
}
