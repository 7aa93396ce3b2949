import type { Column } from "../workspace/shapes.ts"

/** A column with the key of its record. */
export interface ColumnEntry {
  readonly id: string
  readonly column: Column
}

const none: readonly ColumnEntry[] = []

/**
 * Columns by the dataset that they name, in the order in which a table lists them: columns before partition keys, each by
 * position.
 *
 * Maintained change by change. It keeps keys and names, for the filter; columns are read when a dataset is looked at, and
 * a dataset's list is the same array until one of its columns changes.
 */
export class ColumnIndex {
  readonly #get: (id: string) => Column | undefined
  /** By dataset, the lower-case names of its columns by key. */
  readonly #byDataset = new Map<string, Map<string, string>>()
  readonly #sorted = new Map<string, readonly ColumnEntry[]>()

  constructor(get: (id: string) => Column | undefined) {
    this.#get = get
  }

  /** `before` and `after` as a change event gives them; answers the datasets whose columns changed. */
  apply(id: string, before: Column | undefined, after: Column | undefined): readonly string[] {
    const touched = new Set<string>()
    if (before !== undefined && this.#byDataset.get(datasetOf(before))?.delete(id) === true) {
      touched.add(datasetOf(before))
    }
    if (after !== undefined) {
      const dataset = datasetOf(after)
      const names = this.#byDataset.get(dataset) ?? new Map<string, string>()
      names.set(id, textOf(after.name).toLowerCase())
      this.#byDataset.set(dataset, names)
      touched.add(dataset)
    }
    for (const dataset of touched) this.#forget(dataset)
    return Array.from(touched)
  }

  columnsOf(dataset: string): readonly ColumnEntry[] {
    const known = this.#sorted.get(dataset)
    if (known !== undefined) return known
    const names = this.#byDataset.get(dataset)
    if (names === undefined) return none
    const list = Array.from(names.keys())
      .flatMap((id): ColumnEntry[] => {
        const column = this.#get(id)
        return column === undefined ? [] : [{ id, column }]
      })
      .sort(byRoleAndPosition)
    this.#sorted.set(dataset, list)
    return list
  }

  countOf(dataset: string): number {
    return this.#byDataset.get(dataset)?.size ?? 0
  }

  idsOf(dataset: string): Iterable<string> {
    return this.#byDataset.get(dataset)?.keys() ?? []
  }

  /** Lower-case column names, in no particular order. */
  namesOf(dataset: string): Iterable<string> {
    return this.#byDataset.get(dataset)?.values() ?? []
  }

  #forget(dataset: string): void {
    this.#sorted.delete(dataset)
    if (this.#byDataset.get(dataset)?.size === 0) this.#byDataset.delete(dataset)
  }
}

// A merge can leave a record without a field that its schema requires: it stays visible, so nothing here may assume it.
function datasetOf(column: Column): string {
  return textOf(column.dataset)
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : ""
}

function rankOf(column: Column): number {
  return column.role === "partition" ? 1 : 0
}

function byRoleAndPosition(a: ColumnEntry, b: ColumnEntry): number {
  const byPosition = a.column.position - b.column.position
  return rankOf(a.column) - rankOf(b.column) || (Number.isNaN(byPosition) ? 0 : byPosition) || (a.id < b.id ? -1 : 1)
}
