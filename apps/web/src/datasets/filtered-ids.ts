import { changedIds } from "../workspace/sorted-ids.ts"
import { everything, matches, type Query } from "./filter.ts"

export interface FilterSource {
  /** Every dataset, sorted. */
  ids(): readonly string[]
  haystack(id: string): string | undefined
  columnNames(id: string): Iterable<string>
}

/**
 * The datasets that match the query, sorted; kept in step with changes by testing only what changed.
 *
 * `ids()` is the same array until a dataset enters or leaves the result.
 */
export class FilteredIds {
  readonly #source: FilterSource
  #query: Query = everything
  #ids: readonly string[]

  constructor(source: FilterSource) {
    this.#source = source
    this.#ids = source.ids()
  }

  ids(): readonly string[] {
    return this.#ids
  }

  /** Tests every dataset once; true when the result changed. */
  setQuery(query: Query): boolean {
    this.#query = query
    const before = this.#ids
    const all = this.#source.ids()
    const matching = isEverything(query) ? all : all.filter((id) => this.#matches(id))
    if (!sameIds(before, matching)) this.#ids = matching
    return this.#ids !== before
  }

  /** After the source took these datasets' changes; true when the result changed. */
  refresh(changed: ReadonlySet<string>): boolean {
    const added = new Set<string>()
    const removed = new Set<string>()
    for (const id of changed) (this.#matches(id) ? added : removed).add(id)
    const before = this.#ids
    this.#ids = isEverything(this.#query) ? this.#source.ids() : changedIds(before, added, removed)
    return this.#ids !== before
  }

  #matches(id: string): boolean {
    const haystack = this.#source.haystack(id)
    return haystack !== undefined && matches(this.#query, haystack, () => this.#source.columnNames(id))
  }
}

function isEverything(query: Query): boolean {
  return query.terms.length === 0 && query.columnTerms.length === 0
}

function sameIds(a: readonly string[], b: readonly string[]): boolean {
  return a === b || (a.length === b.length && a.every((id, index) => id === b[index]))
}
