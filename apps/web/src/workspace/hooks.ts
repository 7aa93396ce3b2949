import type { RecordState, RecordStatus, WorkspaceStatus } from "@millrace/client"
import { useCallback, useSyncExternalStore } from "react"
import type { ColumnEntry } from "../columns/column-index.ts"
import type { WorkspaceView } from "../status/workspace-view.ts"
import { useSession } from "./context.ts"
import type { Dispute } from "./disputes.ts"
import type { Dataset } from "./shapes.ts"

// Each hook wakes its component only when what it shows has changed: snapshots keep their references until then.

export function useFilteredIds(): readonly string[] {
  const { catalog } = useSession()
  return useSyncExternalStore(
    useCallback((listener) => catalog.onList(listener), [catalog]),
    () => catalog.filteredIds(),
  )
}

export function useDatasetCount(): number {
  const { catalog } = useSession()
  return useSyncExternalStore(
    useCallback((listener) => catalog.onList(listener), [catalog]),
    () => catalog.allIds().length,
  )
}

export function useDataset(id: string): Dataset | undefined {
  const { catalog } = useSession()
  return useSyncExternalStore(
    useCallback((listener) => catalog.onDataset(id, listener), [catalog, id]),
    () => catalog.dataset(id),
  )
}

export function useColumnsOf(dataset: string): readonly ColumnEntry[] {
  const { catalog } = useSession()
  return useSyncExternalStore(
    useCallback((listener) => catalog.onColumnsOf(dataset, listener), [catalog, dataset]),
    () => catalog.columnsOf(dataset),
  )
}

export function useColumnCount(dataset: string): number {
  const { catalog } = useSession()
  return useSyncExternalStore(
    useCallback((listener) => catalog.onColumnsOf(dataset, listener), [catalog, dataset]),
    () => catalog.columnCountOf(dataset),
  )
}

/** The worst state among a dataset and its columns. */
export function useWholeState(dataset: string): RecordState {
  const { catalog, status } = useSession()
  const subscribe = useCallback(
    (listener: () => void) => {
      const stops = [status.onWhole(dataset, listener), catalog.onColumnsOf(dataset, listener)]
      return () => {
        for (const stop of stops) stop()
      }
    },
    [catalog, status, dataset],
  )
  return useSyncExternalStore(subscribe, () => status.whole(dataset, catalog.columnIdsOf(dataset)))
}

/** What several people wrote at once in a dataset and its columns; asked anew at each rendering, which follows them. */
export function useDisputes(dataset: string): readonly Dispute[] {
  const session = useSession()
  useDataset(dataset)
  useColumnsOf(dataset)
  useWholeState(dataset)
  return [
    ...session.disputes("datasets", dataset),
    ...Array.from(session.catalog.columnIdsOf(dataset)).flatMap((id) => session.disputes("columns", id)),
  ]
}

export function useRecordStatus(collection: string, id: string): RecordStatus {
  const { status } = useSession()
  return useSyncExternalStore(
    useCallback((listener) => status.onRecord(collection, id, listener), [status, collection, id]),
    () => status.record(collection, id),
  )
}

export function useWorkspaceView(): WorkspaceView {
  const { status } = useSession()
  return useSyncExternalStore(
    useCallback((listener) => status.onStatus(listener), [status]),
    () => status.view(),
  )
}

export function useWorkspaceStatus(): WorkspaceStatus {
  const { status } = useSession()
  return useSyncExternalStore(
    useCallback((listener) => status.onStatus(listener), [status]),
    () => status.status(),
  )
}

/** Why fields of a merged record are invalid, by field; asked anew at each rendering, which follows the record. */
export function useInvalidFields(collection: "datasets" | "columns", id: string): ReadonlyMap<string, string> {
  const session = useSession()
  return new Map(session.check(collection, id).map((reason) => [reason.field, reason.reason]))
}
