import * as Y from "yjs"

/** Yjs' merge looks at every input for every struct, so many inputs are merged in groups of this many. */
const fanIn = 32

/** One update that says what all of them say, in time that grows with the bytes and not with the square of the count. */
export function mergeAll(updates: readonly Uint8Array[]): Uint8Array {
  let level = updates
  while (level.length > 1) {
    const next: Uint8Array[] = []
    for (let at = 0; at < level.length; at += fanIn) {
      const group = level.slice(at, at + fanIn)
      const [only] = group
      next.push(group.length === 1 && only !== undefined ? only : Y.mergeUpdates(group))
    }
    level = next
  }
  return level[0] ?? emptyUpdate
}

/** No structs, no deletes. */
export const emptyUpdate: Uint8Array = new Uint8Array([0, 0])
