import { canonicalJson, type Collection, type Query, type RecordOf, type Row, type Schema } from "@millrace/model"
import { useMemo } from "react"
import type { CollectionName } from "../api.ts"
import { useWorkspace } from "./context.ts"
import { type SnapshotSource, useSnapshot } from "./use-snapshot.ts"

const noRows: readonly never[] = Object.freeze([])
const everything: Query<never> = {}

/**
 * The records that a query wants, in its order: the same array until the result changes, the same row until its record does.
 *
 * The query may be written anew at each rendering: what says the same is the same. A function in `where` goes by its identity: keep it
 * outside of the component or in `useCallback`, else each rendering looks at the whole collection.
 */
export function useQuery<N extends CollectionName<Schema>>(
  collection: N,
  query: Query<RecordOf<Schema, N>> = everything as Query<RecordOf<Schema, N>>,
): readonly Row<RecordOf<Schema, N>>[] {
  type R = RecordOf<Schema, N>
  const workspace = useWorkspace()
  const text = textOf(query)
  const choose = typeof query.where === "function" ? query.where : undefined
  // oxlint-disable-next-line react-hooks/exhaustive-deps -- the text and the function are all that a query says
  const wanted = useMemo(() => query, [text, choose])
  const source = useMemo((): SnapshotSource<readonly Row<R>[]> | undefined => {
    if (workspace === undefined) return undefined
    // It follows nothing until somebody listens: one that a rendering made and dropped is simply gone.
    const live = (workspace.records.collection(collection) as unknown as Collection<R>).query(wanted)
    return {
      subscribe: (listener) => live.subscribe(listener),
      read: () => live.rows,
      isSame: (last, now) => last === now,
    }
  }, [workspace, collection, wanted])
  return useSnapshot(source, noRows)
}

/** Everything of a query but a function, as text. */
function textOf<R>(query: Query<R>): string {
  return canonicalJson({ ...query, where: typeof query.where === "function" ? undefined : query.where })
}
