import { generateKeyBetween, generateNKeysBetween } from "fractional-indexing"
import { canonicalJson } from "./canonical.ts"
import { compareText, type Value } from "./value.ts"

/**
 * Where an element of a list stands: `[key, run id, inner key]`, with one such triple more for each run that was
 * inserted inside another.
 *
 * A run is what one session inserts one after the other at one place. Its key is drawn once and its elements differ in
 * the inner key only, so two people's runs at one place stand one after the other and never mix. An element's name is
 * its first position, joined; an own register says where it was moved to.
 */
export type Position = readonly Value[]

/** Compares part by part, not as one joined text: a key must never run into the run id behind it. */
export function comparePositions(a: Position, b: Position): number {
  for (let at = 0; at < Math.min(a.length, b.length); at++) {
    const order = compareText(partOf(a, at), partOf(b, at))
    if (order !== 0) return order
  }
  return a.length - b.length
}

export function nameOf(position: Position): string {
  return position.map((_, at) => partOf(position, at)).join("/")
}

export function positionOfName(name: string): Position {
  return name.split("/")
}

/** A position between two neighbours, either of which may be missing, that starts the run `run`. */
export function positionBetween(left: Position | undefined, right: Position | undefined, run: string): Position {
  const shared = left === undefined || right === undefined ? 0 : sharedTriples(left, right)
  const common = (left ?? []).slice(0, shared)
  const above = left === undefined || left.length <= shared ? undefined : partOf(left, shared)
  const below = right === undefined || right.length <= shared ? undefined : partOf(right, shared)
  // Equal keys of two runs, and neighbours within one, leave nothing between them on this level: go below the left one.
  const key = above !== undefined && above === below ? undefined : keyBetween(above, below)
  return key === undefined ? [...(left ?? []), firstKey, run, firstKey] : [...common, key, run, firstKey]
}

/** The next position of a run, after its last or before its first. Undefined where its inner key is not one of ours. */
export function positionBeside(position: Position, side: "after" | "before"): Position | undefined {
  const inner = partOf(position, position.length - 1)
  const next = side === "after" ? keyBetween(inner, undefined) : keyBetween(undefined, inner)
  return next === undefined ? undefined : [...position.slice(0, -1), next]
}

/** Positions of a whole run at once. */
export function runOf(count: number, run: string): readonly Position[] {
  return generateNKeysBetween(null, null, count).map((inner) => [firstKey, run, inner])
}

const firstKey = generateKeyBetween(null, null)

/** Parts of the whole triples that both begin with. */
function sharedTriples(a: Position, b: Position): number {
  let shared = 0
  while (shared < Math.min(a.length, b.length) && partOf(a, shared) === partOf(b, shared)) shared++
  return shared - (shared % 3)
}

// Keys that other programs wrote may be none of the library's, which then throws.
function keyBetween(above: string | undefined, below: string | undefined): string | undefined {
  try {
    return generateKeyBetween(above ?? null, below ?? null)
  } catch {
    return undefined
  }
}

function partOf(position: Position, at: number): string {
  const part = position[at]
  return typeof part === "string" ? part : canonicalJson(part ?? null)
}
