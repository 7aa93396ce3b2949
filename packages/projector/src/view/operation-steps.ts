import { canonicalJson } from "@millrace/model"
import type { Binding } from "../binding.ts"
import { hashOf } from "../derive/record-hash.ts"
import type { RecordName } from "../journal/entry.ts"
import type { Acted, Confirmed, Dropped, Paused, Released, Retried } from "../journal/operation-entries.ts"
import type { BaseSteps } from "./base-steps.ts"
import { laneKey, recordKey } from "./keys.ts"
import type { Lanes } from "./lanes.ts"
import type { ActRow, RecordRow, ReleasedRow, ReleaseRow } from "./rows.ts"
import type { Tables } from "./tables.ts"

type Operated = Paused | Confirmed | Retried | Dropped | Released | Acted

// A repeat after this time is a new act.
const keptActsMs = 7 * 24 * 3_600_000
const maxActs = 10_000
/** Releases that can be gone back to. */
export const maxReleases = 100

/** What people's operations do to the view. */
export class OperationSteps {
  readonly #tables: Tables
  readonly #lanes: Lanes
  readonly #bases: BaseSteps

  constructor(tables: Tables, lanes: Lanes, bases: BaseSteps) {
    this.#tables = tables
    this.#lanes = lanes
    this.#bases = bases
  }

  /** Applies one; returns the records whose exceptions may be others now. */
  apply(entry: Operated, binding: Binding | undefined): readonly RecordName[] {
    if (entry.kind === "acted") {
      const { kind: _, ...row } = entry
      this.#keep(row)
    } else if (entry.key !== undefined) {
      const { key, by, timeMs } = entry
      this.#keep({ key, by, timeMs, digest: digestOfEntry(entry), attempts: 0 })
    }
    if (entry.kind === "paused") this.#pause(entry)
    if (binding === undefined) return []
    switch (entry.kind) {
      case "paused":
      case "acted":
        return []
      case "confirmed": {
        const counts = this.#lanes.counter.of(entry.binding, entry.workspace)
        counts.confirmedN = Math.max(counts.confirmedN, entry.uptoN)
        return []
      }
      case "retried":
        for (const name of entry.records) this.#retry(binding, entry.workspace, name)
        return entry.records
      case "dropped":
        this.#drop(binding, entry)
        return [[entry.collection, entry.id]]
      case "released":
        this.#release(binding, entry)
        return entry.changes.map(({ collection, id }) => [collection, id] as const)
    }
  }

  /** A record of a published binding has another state: is it the one that was released? */
  drafted(binding: string, workspace: string, old: RecordRow | undefined, now: RecordRow): void {
    const released = this.#tables.released.get(laneKey(binding, workspace, now.collection, now.id))
    this.#lanes.draft(binding, workspace, now.collection, now.id, (released?.hash ?? null) !== now.hash, old, now)
  }

  forget(binding: string, workspace: string, { collection, id }: RecordRow): void {
    this.#tables.released.removeSync(laneKey(binding, workspace, collection, id))
  }

  #retry(binding: Binding, workspace: string, [collection, id]: RecordName): void {
    const record = this.#tables.records.get(recordKey(workspace, collection, id))
    this.#bases.calm(binding, workspace, collection, id, record)
    this.#lanes.unpark(binding.name, workspace, collection, id, record)
    if (
      binding.shape === "state" &&
      record !== undefined &&
      this.#lanes.isIdle(binding.name, workspace, collection, id)
    ) {
      this.#bases.resend(binding, workspace, record)
    }
  }

  #drop(binding: Binding, { workspace, collection, id, version }: Dropped): void {
    const record = this.#tables.records.get(recordKey(workspace, collection, id))
    const lane = this.#tables.lanes.get(laneKey(binding.name, workspace, collection, id))
    if (lane?.fault?.version !== version) return
    if (binding.shape === "log") this.#lanes.skip(binding, workspace, collection, id, record)
    else this.#lanes.forgive(binding.name, workspace, collection, id, record)
  }

  #release(binding: Binding, entry: Released): void {
    const { workspace, number, position } = entry
    const counts = this.#lanes.counter.of(binding.name, workspace)
    const from = (counts.release?.position ?? 0) + 1
    counts.release = { number, position, by: entry.by }
    const changes: ReleaseRow["changes"][number][] = []
    for (const change of entry.changes) {
      const { collection, id, version, hash, after } = change
      const key = laneKey(binding.name, workspace, collection, id)
      const old = this.#tables.released.get(key)
      const { version: v = 0, hash: h = null, after: a = null } = old ?? {}
      changes.push({ ...change, before: { version: v, hash: h, after: a } })
      const row: ReleasedRow = { collection, id, version, hash, after, number }
      this.#tables.released.putSync(key, row)
      const record = this.#tables.records.get(recordKey(workspace, collection, id))
      if (record === undefined) continue
      const op = after === null ? "delete" : old?.hash === undefined || old.hash === null ? "add" : "update"
      this.#lanes.add(
        binding,
        workspace,
        {
          collection,
          id,
          version: number,
          hash,
          before: old?.after ?? null,
          after,
          op,
          author: entry.by,
          timeMs: entry.timeMs,
          seqFrom: record.seqFrom,
          seq: position,
          generation: record.generation,
          from,
          baseline: 0,
          source: `${binding.name}/release/${number}`,
        },
        record,
        record,
      )
      this.#lanes.draft(binding.name, workspace, collection, id, record.hash !== hash, record, record)
    }
    this.#tables.releases.putSync([binding.name, workspace, number], { ...entry, changes })
    this.#tables.releases.removeSync([binding.name, workspace, number - maxReleases])
  }

  #pause({ scope, paused }: Paused): void {
    const scopes = new Set((this.#tables.meta.get("paused") as readonly string[] | undefined) ?? [])
    if (paused) scopes.add(scope)
    else scopes.delete(scope)
    this.#tables.meta.putSync("paused", [...scopes].sort())
  }

  #keep(act: ActRow): void {
    const { key, timeMs } = act
    const old = this.#tables.acts.get([key])
    if (old !== undefined) this.#tables.actTimes.removeSync([old.timeMs, key])
    this.#tables.acts.putSync([key], act)
    this.#tables.actTimes.putSync([timeMs, key], true)
    const surplus = this.#tables.actTimes.getKeysCount() - maxActs
    const expired = Array.from(this.#tables.actTimes.getKeys({ end: [timeMs - keptActsMs], limit: maxActs }))
    for (const at of expired) this.#forgetAct(at)
    if (surplus > 0) for (const at of Array.from(this.#tables.actTimes.getKeys({ limit: surplus }))) this.#forgetAct(at)
  }

  #forgetAct(at: readonly (string | number)[]): void {
    this.#tables.acts.removeSync([String(at[1])])
    this.#tables.actTimes.removeSync([...at])
  }
}

/** Says what was asked for under a key, whoever asked and when. */
export function digestOfEntry(entry: Operated): string {
  const { by: _, timeMs: __, key: ___, ...asked } = entry
  return hashOf(canonicalJson(asked))
}
