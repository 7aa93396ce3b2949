import * as encoding from "lib0/encoding"

/** A deleted stretch of one client's structs: `clock <= x < end`. */
export interface DeletedRange {
  readonly client: number
  readonly clock: number
  readonly end: number
}

/**
 * Everything that a workspace has deleted, as sorted stretches per client that never touch: what a Yjs delete set says,
 * without a document.
 */
export class DeleteRanges {
  /** Per client: start, end, start, end, ... ascending. */
  readonly #edges = new Map<number, number[]>()

  has(range: DeletedRange): boolean {
    const edges = this.#edges.get(range.client)
    if (edges === undefined) return range.clock >= range.end
    // An odd count of edges at or before the clock means that it lies inside a stretch.
    const after = countUpTo(edges, range.clock)
    return range.clock >= range.end || (after % 2 === 1 && (edges[after] ?? 0) >= range.end)
  }

  add(range: DeletedRange): void {
    if (range.clock >= range.end) return
    const edges = this.#edges.get(range.client)
    if (edges === undefined) {
      this.#edges.set(range.client, [range.clock, range.end])
      return
    }
    // Edges from the first stretch that ends at or after our start, to the last that starts at or before our end, melt.
    const from = countBelow(edges, range.clock)
    const to = countUpTo(edges, range.end)
    const melted: number[] = []
    if (from % 2 === 0) melted.push(range.clock)
    if (to % 2 === 0) melted.push(range.end)
    edges.splice(from, to - from, ...melted)
  }

  /** An update without structs that deletes all of it: the answer to a peer that has every struct. */
  encodeUpdate(): Uint8Array {
    return encoding.encode((encoder) => {
      encoding.writeVarUint(encoder, 0)
      encoding.writeVarUint(encoder, this.#edges.size)
      for (const [client, edges] of [...this.#edges].sort(([a], [b]) => b - a)) {
        encoding.writeVarUint(encoder, client)
        encoding.writeVarUint(encoder, edges.length / 2)
        for (let at = 0; at < edges.length; at += 2) {
          const [start = 0, end = 0] = edges.slice(at, at + 2)
          encoding.writeVarUint(encoder, start)
          encoding.writeVarUint(encoder, end - start)
        }
      }
    })
  }
}

/** How many of the ascending numbers are at most `limit`. */
function countUpTo(sorted: readonly number[], limit: number): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((sorted[middle] ?? 0) <= limit) low = middle + 1
    else high = middle
  }
  return low
}

/** How many of the ascending numbers are below `limit`. */
function countBelow(sorted: readonly number[], limit: number): number {
  return countUpTo(sorted, limit - 1)
}
