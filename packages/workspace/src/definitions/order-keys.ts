import { compareText } from "@millrace/model"
import { generateKeyBetween, generateNKeysBetween } from "fractional-indexing"

/** A key behind `left` and before `right`, either of which may be missing. Of two equal ones nothing is between: it goes behind both. */
export function orderBetween(left: string | undefined, right: string | undefined): string {
  try {
    const isBefore = left === undefined || right === undefined || compareText(left, right) < 0
    return generateKeyBetween(left ?? null, isBefore ? (right ?? null) : null)
  } catch {
    // A key that another program wrote: whatever is longer comes behind it.
    return `${left ?? ""}V`
  }
}

/** Keys for a row whose members may have one: those that are in order stay, else all are made anew. */
export function orderKeys(known: readonly (string | undefined)[]): readonly string[] {
  const given = known.filter((key) => key !== undefined)
  const isRising = given.every((key, at) => at === 0 || compareText(given[at - 1] ?? "", key) < 0)
  if (!isRising) return generateNKeysBetween(null, null, known.length)
  const keys: string[] = []
  for (const [at, key] of known.entries()) {
    keys.push(
      key ??
        orderBetween(
          keys.at(-1),
          known.slice(at).find((next) => next !== undefined),
        ),
    )
  }
  return keys
}
