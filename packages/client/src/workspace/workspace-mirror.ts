import { Mirror, processTabs, statusDatabaseName, type StorageFault, type Tabs } from "@millrace/indexeddb"
import type { Records } from "@millrace/model"
import { type Clock, MillraceError } from "@millrace/ports"
import type { LocalCopy } from "./local-copy.ts"

export interface WorkspaceMirrorOptions {
  /** What the application asked for. */
  readonly wanted: boolean
  readonly copy: LocalCopy | undefined
  readonly indexedDB: IDBFactory | undefined
  /** Left out: this process is the only tab of its browser. */
  readonly tabs: Tabs | undefined
  /** As in the URL. */
  readonly workspace: string
  readonly records: Records
  readonly clock: Clock
  readonly log: () => { readonly seq: number; readonly generation: number }
  readonly onFault: (fault: MillraceError | StorageFault) => void
}

/**
 * The mirror of a workspace; undefined where it was not asked for.
 *
 * @throws MillraceError `unsupported` without an IndexedDB, `invalid` for a schema whose indexes IndexedDB cannot have.
 */
export function openMirror(options: WorkspaceMirrorOptions): Mirror | undefined {
  const { wanted, copy, indexedDB, workspace, records, clock, log, onFault } = options
  if (!wanted) return undefined
  if (copy === undefined || indexedDB === undefined) {
    throw new MillraceError("There is no IndexedDB here to mirror records in: pass one, or leave `mirror` out.", {
      kind: "unsupported",
    })
  }
  return new Mirror({
    name: statusDatabaseName(workspace),
    indexedDB,
    clock,
    tabs: options.tabs ?? processTabs(indexedDB),
    records,
    updates: copy.updates,
    log,
    onFault,
  })
}

/** @throws MillraceError `unsupported` where a workspace was opened without its mirror. */
export function mustMirror(mirror: Mirror | undefined): Mirror {
  if (mirror !== undefined) return mirror
  throw new MillraceError("The workspace has no object stores: open it with `mirror: true`.", { kind: "unsupported" })
}
