import { makeFolder } from "@millrace/store/lmdb"
import { type Database, open, type RootDatabase } from "lmdb"
import type { Binding } from "../binding.ts"
import type { ViewKey } from "./keys.ts"
import type { AppliedRow, CountsRow, ItemRow, LaneRow, PositionRow, RecordRow } from "./rows.ts"

/** The tables of a view, all in one LMDB environment, so that one transaction spans them. */
export interface Tables {
  readonly root: RootDatabase
  /** `applied` -> AppliedRow, `bindings` -> Binding[] */
  readonly meta: Database<AppliedRow | readonly Binding[], string>
  /** [workspace, collection, id] */
  readonly records: Database<RecordRow, ViewKey>
  /** [workspace] */
  readonly positions: Database<PositionRow, ViewKey>
  /** [binding, workspace, n]: what may be sent, in order */
  readonly queue: Database<ItemRow, ViewKey>
  /** [binding, workspace, n]: what waits behind a parked version */
  readonly held: Database<ItemRow, ViewKey>
  /** [binding, workspace, from, n]: what holds the watermark */
  readonly froms: Database<true, ViewKey>
  /** [binding, workspace, collection, id] */
  readonly lanes: Database<LaneRow, ViewKey>
  /** [binding, workspace] */
  readonly counts: Database<CountsRow, ViewKey>
  /** [workspace, collection, id]: records with an invalid mark or a fault in some binding */
  readonly exceptions: Database<readonly [collection: string, id: string], ViewKey>
}

/** Bumped whenever rows change their meaning: a view of another format is rebuilt from the journal. */
const format = 1

export function openTables(path: string): Tables {
  makeFolder(path)
  // A machine that dies may take the last transactions with it, never the whole: an older view is brought forward.
  const root = open({ path, noSubdir: false, maxDbs: 16, overlappingSync: false, noMetaSync: true })
  const table = <V, K extends ViewKey | string>(name: string): Database<V, K> =>
    root.openDB<V, K>({ name: `${name}.${format}` })
  return {
    root,
    meta: table("meta"),
    records: table("records"),
    positions: table("positions"),
    queue: table("queue"),
    held: table("held"),
    froms: table("froms"),
    lanes: table("lanes"),
    counts: table("counts"),
    exceptions: table("exceptions"),
  }
}

/** Empties every table in one transaction. */
export function clearTables(tables: Tables): void {
  tables.root.transactionSync(() => {
    for (const table of [
      tables.meta,
      tables.records,
      tables.positions,
      tables.queue,
      tables.held,
      tables.froms,
      tables.lanes,
      tables.counts,
      tables.exceptions,
    ]) {
      table.clearSync()
    }
  })
}
