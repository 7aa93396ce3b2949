import type { Schema } from "@millrace/model"
import { useMemo } from "react"
import type { CollectionName, RecordStatus, WorkspaceStatus } from "../api.ts"
import { useWorkspace } from "./context.ts"
import { recordTopics } from "./record-topics.ts"
import { type SnapshotSource, useSnapshot } from "./use-snapshot.ts"

/** What can be said of a workspace that is not there yet. */
const unopened: WorkspaceStatus = Object.freeze({
  connection: "offline",
  permission: undefined,
  waiting: 0,
  seq: 0,
  generation: 0,
  caughtUp: false,
  catchingUp: undefined,
  storage: "opening",
  lastError: undefined,
  bindings: [],
})

type Status = WorkspaceStatus | RecordStatus | undefined

/** How the workspace stands with disk, relay and targets; see `Workspace.status`. */
export function useStatus(): WorkspaceStatus
/** What is known of one record; undefined while there is no workspace. */
export function useStatus(collection: CollectionName<Schema>, id: string): RecordStatus | undefined
export function useStatus(collection?: string, id = ""): WorkspaceStatus | RecordStatus | undefined {
  const workspace = useWorkspace()
  const source = useMemo((): SnapshotSource<Status> | undefined => {
    if (workspace === undefined) return undefined
    if (collection === undefined) {
      return { subscribe: (listener) => workspace.onStatus(listener), read: () => workspace.status, isSame }
    }
    return {
      subscribe: (listener) => recordTopics(workspace).statuses.add(collection, id, listener),
      read: () => workspace.recordStatus(collection, id),
      isSame,
    }
  }, [workspace, collection, id])
  return useSnapshot<Status>(source, collection === undefined ? unopened : undefined)
}

/** Field by field; plain data below them by what it says. Errors go by identity. */
function isSame(a: Status, b: Status): boolean {
  const left = Object.entries(a ?? {})
  const right = new Map<string, unknown>(Object.entries(b ?? {}))
  return left.length === right.size && left.every(([name, value]) => isSameField(value, right.get(name)))
}

function isSameField(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (typeof a !== "object" || typeof b !== "object" || a instanceof Error || b instanceof Error) return false
  return JSON.stringify(a) === JSON.stringify(b)
}
