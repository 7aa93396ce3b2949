import { canonicalJson } from "./canonical.ts"
import type { Present } from "./fold-elements.ts"
import type { ElementDraft } from "./plan-elements.ts"
import { comparePositions, nameOf, type Position, positionBeside, positionBetween } from "./position.ts"
import type { Value } from "./value.ts"

/** The run that this session wrote to last: what it inserts beside it goes on with it. */
export interface OpenRun {
  readonly place: string
  readonly first: Position
  readonly last: Position
}

/** Positions of `count` new elements between two neighbours, in their order. */
export function positionsBetween(
  left: Position | undefined,
  right: Position | undefined,
  count: number,
  newRun: () => string,
  run?: OpenRun,
): readonly Position[] {
  const positions: Position[] = []
  if (run !== undefined && isAt(right, run.first)) {
    let before: Position = run.first
    while (positions.length < count) {
      const next = positionBeside(before, "before")
      if (next === undefined || !isBefore(left, next)) break
      positions.unshift((before = next))
    }
    if (positions.length === count) return positions
    positions.length = 0
  }
  let last = run !== undefined && isAt(left, run.last) ? run.last : undefined
  while (positions.length < count) {
    const next = last === undefined ? undefined : positionBeside(last, "after")
    const fits = next !== undefined && isBefore(next, right)
    last = fits ? next : positionBetween(positions.at(-1) ?? left, right, newRun())
    positions.push(last)
  }
  return positions
}

/** Inserts values in a row. Returns where they stand. */
export function insertValues(draft: ElementDraft, values: readonly Value[], positions: readonly Position[]): void {
  positions.forEach((position, at) => {
    const name = nameOf(position)
    draft.write(name, values[at] ?? null)
    // A foreign neighbour's key may hold the sign that joins the parts of a name.
    if (name.split("/").length !== position.length) draft.place(name, position)
  })
}

/** Makes a list say `wanted`: elements that stay are not touched, those that went elsewhere are moved. */
export function planList(draft: ElementDraft, wanted: readonly Value[], newRun: () => string): void {
  const texts = wanted.map((value) => canonicalJson(value))
  const old = draft.present.map((each) => ({ ...each, text: canonicalJson(each.value) }))
  const kept = commonOrder(
    old.map(({ text }) => text),
    texts,
  )
  const anchors = new Map(kept.map(([from, to]) => [to, old[from]]))
  const keptFrom = new Set(kept.map(([from]) => from))
  const left = old.filter((_, at) => !keptFrom.has(at))
  // What is gone here and new there moved.
  const moved = new Map<number, Present>()
  texts.forEach((text, at) => {
    if (anchors.has(at)) return
    const from = left.findIndex((each) => each.text === text)
    if (from >= 0) moved.set(at, left.splice(from, 1)[0] as Present)
  })
  const changed = pairGaps(draft, wanted, anchors, moved, left)
  for (const { name } of left) draft.remove(name)
  placeNew(draft, wanted, (at) => anchors.get(at) ?? changed.get(at), moved, newRun)
}

// One removed where one is inserted is that element with another value.
function pairGaps(
  draft: ElementDraft,
  wanted: readonly Value[],
  anchors: ReadonlyMap<number, Present | undefined>,
  moved: ReadonlyMap<number, Present>,
  left: Present[],
): ReadonlyMap<number, Present> {
  const changed = new Map<number, Present>()
  let after: Position | undefined
  wanted.forEach((value, at) => {
    const anchor = anchors.get(at)
    if (anchor !== undefined) after = anchor.position
    if (anchor !== undefined || moved.has(at)) return
    let next = at + 1
    while (next < wanted.length && anchors.get(next) === undefined) next++
    const before = anchors.get(next)?.position
    const from = left.findIndex(({ position }) => isBefore(after, position) && isBefore(position, before))
    const [old] = from < 0 ? [] : left.splice(from, 1)
    if (old === undefined) return
    draft.write(old.name, value)
    changed.set(at, old)
    after = old.position
  })
  return changed
}

function placeNew(
  draft: ElementDraft,
  wanted: readonly Value[],
  staying: (at: number) => Present | undefined,
  moved: ReadonlyMap<number, Present>,
  newRun: () => string,
): void {
  for (let at = 0; at < wanted.length;) {
    if (staying(at) !== undefined) {
      at++
      continue
    }
    let end = at
    while (end < wanted.length && staying(end) === undefined) end++
    const positions = positionsBetween(staying(at - 1)?.position, staying(end)?.position, end - at, newRun)
    positions.forEach((position, offset) => {
      const from = moved.get(at + offset)
      if (from === undefined) insertValues(draft, [wanted[at + offset] ?? null], [position])
      else draft.place(from.name, position)
    })
    at = end
  }
}

function isAt(position: Position | undefined, other: Position): boolean {
  return position !== undefined && comparePositions(position, other) === 0
}

/** A missing neighbour stands beyond either end. */
function isBefore(a: Position | undefined, b: Position | undefined): boolean {
  return a === undefined || b === undefined || comparePositions(a, b) < 0
}

// Beyond this many comparisons a rewritten middle is taken as new.
const maxComparisons = 1_000_000

/** Pairs of places that a longest common subsequence keeps, ends first, as most writes change little. */
function commonOrder(a: readonly string[], b: readonly string[]): readonly (readonly [number, number])[] {
  const pairs: (readonly [number, number])[] = []
  const shorter = Math.min(a.length, b.length)
  let start = 0
  while (start < shorter && a[start] === b[start]) pairs.push([start, start++])
  let end = 0
  while (end < shorter - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++
  const [rows, columns] = [a.length - end - start, b.length - end - start]
  if (rows > 0 && columns > 0 && rows * columns <= maxComparisons) {
    const width = columns + 1
    const lengths = new Uint32Array((rows + 1) * width)
    const at = (row: number, column: number): number => lengths[row * width + column] ?? 0
    for (let row = rows - 1; row >= 0; row--) {
      for (let column = columns - 1; column >= 0; column--) {
        lengths[row * width + column] =
          a[start + row] === b[start + column]
            ? at(row + 1, column + 1) + 1
            : Math.max(at(row + 1, column), at(row, column + 1))
      }
    }
    for (let row = 0, column = 0; row < rows && column < columns;) {
      if (a[start + row] === b[start + column]) pairs.push([start + row++, start + column++])
      else if (at(row + 1, column) >= at(row, column + 1)) row++
      else column++
    }
  }
  for (let back = end; back > 0; back--) pairs.push([a.length - back, b.length - back])
  return pairs
}
