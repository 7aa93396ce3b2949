import { makeFolder } from "@millrace/store/lmdb"
import { type Database, open, type RootDatabase } from "lmdb"
import type { Binding } from "../binding.ts"
import type { ViewKey } from "./keys.ts"
import type {
  ActRow,
  AppliedRow,
  BaseRow,
  CountsRow,
  ItemRow,
  LaneRow,
  PositionRow,
  RecordRow,
  ReleasedRow,
  ReleaseRow,
} from "./rows.ts"

/** The tables of a view, all in one LMDB environment, so that one transaction spans them. */
export interface Tables {
  readonly root: RootDatabase
  /** `applied` -> AppliedRow, `bindings` -> Binding[], `paused` -> scopes */
  readonly meta: Database<AppliedRow | readonly Binding[] | readonly string[], string>
  /** [workspace, collection, id] */
  readonly records: Database<RecordRow, ViewKey>
  /** [workspace] */
  readonly positions: Database<PositionRow, ViewKey>
  /** [binding, workspace, n]: what may be sent, in order */
  readonly queue: Database<ItemRow, ViewKey>
  /** [binding, workspace, n]: what waits behind a parked version */
  readonly held: Database<ItemRow, ViewKey>
  /** [binding, workspace, n]: deletions in state targets, which may have to wait for a confirmation */
  readonly deletions: Database<ItemRow, ViewKey>
  /** [binding, workspace, from, n]: what holds the watermark */
  readonly froms: Database<true, ViewKey>
  /** [binding, workspace, collection, id] */
  readonly lanes: Database<LaneRow, ViewKey>
  /** [binding, workspace] */
  readonly counts: Database<CountsRow, ViewKey>
  /** [workspace, collection, id]: records with an invalid mark or a fault in some binding */
  readonly exceptions: Database<readonly [collection: string, id: string], ViewKey>
  /** [binding, workspace, collection, id]: what was applied, and looked at, in state targets */
  readonly bases: Database<BaseRow, ViewKey>
  /** [workspace, binding, collection, id]: write-backs that are not known to be in the document */
  readonly pendings: Database<readonly [collection: string, id: string], ViewKey>
  /** [workspace, generation]: the highest reserved client id that was taken */
  readonly writers: Database<number, ViewKey>
  /** [binding, workspace, collection, id]: the release in force */
  readonly released: Database<ReleasedRow, ViewKey>
  /** [binding, workspace, number] */
  readonly releases: Database<ReleaseRow, ViewKey>
  /** [key] */
  readonly acts: Database<ActRow, ViewKey>
  /** [timeMs, key] */
  readonly actTimes: Database<true, ViewKey>
}

/** Bumped whenever rows change their meaning: a view of another format is rebuilt from the journal. */
export const viewFormat = 2

export function openTables(path: string): Tables {
  makeFolder(path)
  // A machine that dies may take the last transactions with it, never the whole: an older view is brought forward.
  const root = open({ path, noSubdir: false, maxDbs: 64, overlappingSync: false, noMetaSync: true })
  const table = <V, K extends ViewKey | string>(name: string): Database<V, K> =>
    root.openDB<V, K>({ name: `${name}.${viewFormat}` })
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
    deletions: table("deletions"),
    exceptions: table("exceptions"),
    bases: table("bases"),
    pendings: table("pendings"),
    writers: table("writers"),
    released: table("released"),
    releases: table("releases"),
    acts: table("acts"),
    actTimes: table("actTimes"),
  }
}

/** Every table but the root, by name. */
export function eachTable(all: Tables): readonly (readonly [string, Database<unknown, ViewKey>])[] {
  const { root: _, ...tables } = all
  return Object.entries(tables as unknown as Readonly<Record<string, Database<unknown, ViewKey>>>)
}

/** Empties every table in one transaction. */
export function clearTables(tables: Tables): void {
  tables.root.transactionSync(() => {
    for (const [, table] of eachTable(tables)) table.clearSync()
  })
}
