import type { Query, RecordOf, Row, Schema } from "@millrace/model"
import type { ReactElement } from "react"
import type { CollectionName, RecordStatus, Workspace, WorkspaceStatus } from "../api.ts"
import { useWorkspace, WorkspaceProvider, type WorkspaceProviderProps } from "./context.ts"
import { usePresence } from "./use-presence.ts"
import { useQuery } from "./use-query.ts"
import { useRecord } from "./use-record.ts"
import { useStatus } from "./use-status.ts"

/** The hooks with the types of one schema. */
export interface TypedHooks<S extends Schema> {
  readonly WorkspaceProvider: (props: WorkspaceProviderProps<S>) => ReactElement
  readonly useWorkspace: () => Workspace<S> | undefined
  readonly useRecord: <N extends CollectionName<S>>(collection: N, id: string) => RecordOf<S, N> | undefined
  readonly useQuery: <N extends CollectionName<S>>(
    collection: N,
    query?: Query<RecordOf<S, N>>,
  ) => readonly Row<RecordOf<S, N>>[]
  readonly useStatus: {
    (): WorkspaceStatus
    (collection: CollectionName<S>, id: string): RecordStatus | undefined
  }
  readonly usePresence: typeof usePresence
}

/**
 * The hooks, knowing a schema: `const { WorkspaceProvider, useQuery } = typedHooks<typeof schema>()`.
 *
 * Call it once, outside of components; they are the same functions that this package exports.
 */
export function typedHooks<S extends Schema>(): TypedHooks<S> {
  const hooks = { WorkspaceProvider, useWorkspace, useRecord, useQuery, useStatus, usePresence }
  return hooks as unknown as TypedHooks<S>
}
