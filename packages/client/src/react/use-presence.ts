import { useEffect, useMemo } from "react"
import { useWorkspace } from "./context.ts"
import { type SnapshotSource, useSnapshot } from "./use-snapshot.ts"

/** Somebody else who has the workspace open right now, in another tab, browser or program. */
export interface Peer<T> {
  /** Of this session: another after a reload. */
  readonly clientId: number
  /** What they say of themselves; written by anybody who may connect, so not to be trusted. */
  readonly state: T
}

const nobody: readonly never[] = Object.freeze([])

/**
 * Who else is here, the same array until somebody comes, goes or says something else; sorted by client id.
 *
 * With `mine`, plain data, this component says it to all others while it is mounted, beside what other components and editors say under
 * other keys. It is told to who is connected and kept nowhere.
 */
export function usePresence<T = unknown>(mine?: Readonly<Record<string, unknown>>): readonly Peer<T>[] {
  const awareness = useWorkspace()?.awareness
  const text = mine === undefined ? undefined : JSON.stringify(mine)
  useEffect(() => {
    if (awareness === undefined || text === undefined) return undefined
    const said = JSON.parse(text) as Readonly<Record<string, unknown>>
    awareness.setLocalState({ ...awareness.getLocalState(), ...said })
    return () => {
      const others = Object.entries(awareness.getLocalState() ?? {}).filter(([key]) => !Object.hasOwn(said, key))
      awareness.setLocalState(others.length === 0 ? null : Object.fromEntries(others))
    }
  }, [awareness, text])
  const source = useMemo((): SnapshotSource<readonly Peer<T>[]> | undefined => {
    if (awareness === undefined) return undefined
    return {
      subscribe: (listener) => {
        const own = (): void => listener()
        awareness.on("change", own)
        return () => awareness.off("change", own)
      },
      read: () =>
        [...awareness.getStates()]
          .filter(([clientId]) => clientId !== awareness.clientID)
          .map(([clientId, state]) => ({ clientId, state: state as T }))
          .sort((a, b) => a.clientId - b.clientId),
      isSame: (last, now) => JSON.stringify(last) === JSON.stringify(now),
    }
  }, [awareness])
  return useSnapshot(source, nobody)
}
