import { useMemo, useSyncExternalStore } from "react"

export interface SnapshotSource<T> {
  readonly subscribe: (listener: () => void) => () => void
  readonly read: () => T
  /** Whether a value that was just read says what the last one did: the last one is then shown on. */
  readonly isSame: (last: T, now: T) => boolean
}

/** No workspace: nothing to follow. */
const silent = (): (() => void) => () => {}

/**
 * What `source` reads, the same reference until it says something else.
 *
 * `source` must stay the same between renders (`useMemo`). `onServer` is what a server renders, what a browser renders while it takes
 * that over, and what is shown where there is no source.
 */
export function useSnapshot<T>(source: SnapshotSource<T> | undefined, onServer: T): T {
  const read = useMemo(() => (source === undefined ? undefined : remembering(source)), [source])
  return useSyncExternalStore(
    source?.subscribe ?? silent,
    () => (read === undefined ? onServer : read()),
    () => onServer,
  )
}

function remembering<T>({ read, isSame }: SnapshotSource<T>): () => T {
  let last: { readonly value: T } | undefined
  return () => {
    const now = read()
    if (last === undefined || !isSame(last.value, now)) last = { value: now }
    return last.value
  }
}
