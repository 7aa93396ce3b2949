/** Inclusive, ascending, never touching. */
export type KeyRanges = readonly (readonly [from: number, to: number])[]

/**
 * Sets of store keys as ranges.
 *
 * Several tabs append to one update store, so what one tab has reflected is not always a prefix: the keys between
 * belong to another tab, which reflects them itself, or never, if it crashed.
 */
export function addKeys(ranges: KeyRanges, added: KeyRanges): KeyRanges {
  const sorted = [...ranges, ...added].sort((a, b) => a[0] - b[0])
  const merged: [number, number][] = []
  for (const [from, to] of sorted) {
    const last = merged.at(-1)
    if (last !== undefined && from <= last[1] + 1) last[1] = Math.max(last[1], to)
    else merged.push([from, to])
  }
  return merged
}

export function hasKey(ranges: KeyRanges, key: number): boolean {
  return ranges.some(([from, to]) => key >= from && key <= to)
}

/** The first of ascending `keys` that is in none of the ranges. */
export function firstKeyOutside(ranges: KeyRanges, keys: readonly number[]): number | undefined {
  return keys.find((key) => !hasKey(ranges, key))
}

/** Whether every key of `inner` is in `outer`. */
export function coversKeys(outer: KeyRanges, inner: KeyRanges): boolean {
  return inner.every(([from, to]) => outer.some(([low, high]) => low <= from && to <= high))
}
