import type { Binding } from "../binding.ts"
import type { Category, CountsRow } from "./rows.ts"
import type { Tables } from "./tables.ts"

type Counts = { -readonly [K in keyof CountsRow]: CountsRow[K] }

export const noCounts: CountsRow = {
  parked: 0,
  rejected: 0,
  conflicts: 0,
  pending: 0,
  draft: 0,
  synced: 0,
  queued: 0,
  deleting: 0,
  collections: {},
  confirmedN: 0,
  nextN: 1,
}

/** Counters of bindings in workspaces, kept in memory for one transaction. */
export class Counter {
  readonly #tables: Tables
  readonly #counts = new Map<string, { readonly key: [string, string]; readonly counts: Counts }>()
  readonly #states = new Set<string>()

  constructor(tables: Tables) {
    this.#tables = tables
    this.know((tables.meta.get("bindings") as readonly Binding[] | undefined) ?? [])
  }

  /** The bindings from here on. */
  know(bindings: readonly Binding[]): void {
    this.#states.clear()
    for (const { name, shape } of bindings) if (shape === "state") this.#states.add(name)
  }

  isState(binding: string): boolean {
    return this.#states.has(binding)
  }

  /** A record moves from one category to another. */
  move(
    binding: string,
    workspace: string,
    collection: string,
    before: Category | undefined,
    after: Category | undefined,
  ): void {
    if (before === after) return
    const counts = this.of(binding, workspace)
    if (before !== undefined) counts[before]--
    if (after !== undefined) counts[after]++
    const living = (after === undefined ? 0 : 1) - (before === undefined ? 0 : 1)
    if (living !== 0) this.#inCollection(counts, collection, living, 0)
  }

  /** Something enters or leaves what may be sent. */
  queued(binding: string, workspace: string, collection: string, isDeletion: boolean, by: 1 | -1): void {
    const counts = this.of(binding, workspace)
    if (!isDeletion) counts.queued += by
    else {
      counts.deleting += by
      this.#inCollection(counts, collection, 0, by)
    }
  }

  nextN(binding: string, workspace: string): number {
    return this.of(binding, workspace).nextN++
  }

  of(binding: string, workspace: string): Counts {
    // Names of bindings and workspaces have no slash.
    const name = `${binding}/${workspace}`
    const cached = this.#counts.get(name)
    if (cached !== undefined) return cached.counts
    const counts: Counts = { ...(this.#tables.counts.get([binding, workspace]) ?? noCounts) }
    this.#counts.set(name, { key: [binding, workspace], counts })
    return counts
  }

  finish(): void {
    for (const { key, counts } of this.#counts.values()) this.#tables.counts.putSync(key, counts)
  }

  #inCollection(counts: Counts, collection: string, living: number, deleting: number): void {
    const known = Object.hasOwn(counts.collections, collection) ? counts.collections[collection] : undefined
    const { living: l, deleting: d } = known ?? { living: 0, deleting: 0 }
    counts.collections = { ...counts.collections, [collection]: { living: l + living, deleting: d + deleting } }
  }
}
