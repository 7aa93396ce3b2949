import type { RecordOf, Schema } from "@millrace/model"
import { useMemo } from "react"
import type { CollectionName } from "../api.ts"
import { useWorkspace } from "./context.ts"
import { recordTopics } from "./record-topics.ts"
import { type SnapshotSource, useSnapshot } from "./use-snapshot.ts"

interface Seen<R> {
  readonly record: R | undefined
  readonly canonical: string | undefined
}

const nothing: Seen<never> = { record: undefined, canonical: undefined }

/** A record as it is now, the same object until it changes; undefined where there is none. */
export function useRecord<N extends CollectionName<Schema>>(
  collection: N,
  id: string,
): RecordOf<Schema, N> | undefined {
  const workspace = useWorkspace()
  const source = useMemo((): SnapshotSource<Seen<RecordOf<Schema, N>>> | undefined => {
    if (workspace === undefined) return undefined
    const { records } = workspace
    return {
      subscribe: (listener) => recordTopics(workspace).records.add(collection, id, listener),
      read: () => ({
        record: workspace.collection(collection).get(id),
        canonical: records.canonical(collection, id),
      }),
      isSame: (last, now) => last.canonical === now.canonical,
    }
  }, [workspace, collection, id])
  return useSnapshot(source, nothing).record
}
