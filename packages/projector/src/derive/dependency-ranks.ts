import type { Schema } from "@millrace/model"

/** How far each collection stands from those that refer to nothing; what refers to itself, or in a ring, stands where it stood. */
export function dependencyRanks(schema: Schema): ReadonlyMap<string, number> {
  const ranks = new Map<string, number>()
  const rankOf = (name: string, above: ReadonlySet<string>): number => {
    const known = ranks.get(name)
    if (known !== undefined) return known
    const fields = Object.hasOwn(schema.collections, name) ? Object.values(schema.collections[name]?.fields ?? {}) : []
    const within = new Set([...above, name])
    const below = fields.flatMap((field) =>
      field.kind === "ref" && !within.has(field.collection) ? [1 + rankOf(field.collection, within)] : [],
    )
    const rank = Math.max(0, ...below)
    if (above.size === 0) ranks.set(name, rank)
    return rank
  }
  for (const name of Object.keys(schema.collections)) rankOf(name, new Set())
  return ranks
}
