/** Where `id` is, or where it would go, in ids sorted by code units. */
export function positionOf(ids: readonly string[], id: string): number {
  let low = 0
  let high = ids.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((ids[middle] as string) < id) low = middle + 1
    else high = middle
  }
  return low
}

/** Few members moving are spliced in; above this share sorting once is cheaper. */
const resortShare = 0.05

/**
 * `ids` without `removed` and with `added`, sorted; the same array when membership does not change.
 *
 * Names that are in both sets count as added. Cost follows the number of changes, save for one copy of the array.
 */
export function changedIds(
  ids: readonly string[],
  added: ReadonlySet<string>,
  removed: ReadonlySet<string>,
): readonly string[] {
  const has = (id: string): boolean => ids[positionOf(ids, id)] === id
  const toAdd = Array.from(added).filter((id) => !has(id))
  const toRemove = Array.from(removed).filter((id) => !added.has(id) && has(id))
  if (toAdd.length === 0 && toRemove.length === 0) return ids
  if (toAdd.length + toRemove.length > 32 + ids.length * resortShare) {
    const gone = new Set(toRemove)
    return ids
      .filter((id) => !gone.has(id))
      .concat(toAdd)
      .sort(byCodeUnits)
  }
  const next = ids.slice()
  for (const id of toRemove) next.splice(positionOf(next, id), 1)
  for (const id of toAdd) next.splice(positionOf(next, id), 0, id)
  return next
}

export function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
