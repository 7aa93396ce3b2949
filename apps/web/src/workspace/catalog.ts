import type { RecordChange } from "@millrace/model"
import { ColumnIndex, type ColumnEntry } from "../columns/column-index.ts"
import { haystackOf, type Query } from "../datasets/filter.ts"
import { FilteredIds } from "../datasets/filtered-ids.ts"
import type { Column, Dataset } from "./shapes.ts"
import { changedIds } from "./sorted-ids.ts"
import { Topics } from "./topics.ts"

/** The part of a collection that is read here; a record is the same object until it changes, while somebody holds it. */
export interface RecordSource<T> {
  ids(): Iterable<string>
  has(id: string): boolean
  get(id: string): T | undefined
}

export interface CatalogSource {
  readonly datasets: RecordSource<Dataset>
  readonly columns: RecordSource<Column>
  onChange(listener: (changes: readonly RecordChange[]) => void): () => void
}

const noIds: ReadonlySet<string> = new Set()

/**
 * The live view of a workspace's datasets and columns for the screen.
 *
 * Every snapshot keeps its reference until what it shows changes, and a change wakes only the listeners of the records
 * that it touched: the work follows the change, not the size of the workspace. `close` ends it, idempotent.
 */
export class Catalog {
  readonly #datasets: RecordSource<Dataset>
  readonly #haystacks = new Map<string, string>()
  readonly #columns: ColumnIndex
  readonly #topics = new Topics()
  readonly #filtered: FilteredIds
  readonly #stop: () => void
  #ids: readonly string[] = []

  constructor(source: CatalogSource) {
    this.#datasets = source.datasets
    this.#columns = new ColumnIndex((id) => source.columns.get(id))
    for (const id of source.columns.ids()) this.#columns.apply(id, undefined, source.columns.get(id))
    this.#ids = changedIds(this.#ids, new Set(source.datasets.ids()), noIds)
    this.#filtered = new FilteredIds({
      ids: () => this.#ids,
      haystack: (id) => this.#haystackOf(id),
      columnNames: (id) => this.#columns.namesOf(id),
    })
    this.#stop = source.onChange((changes) => this.#apply(changes))
  }

  close(): void {
    this.#stop()
  }

  /** Every dataset, sorted by qualified name. */
  allIds(): readonly string[] {
    return this.#ids
  }

  /** The datasets that match the filter, sorted by qualified name. */
  filteredIds(): readonly string[] {
    return this.#filtered.ids()
  }

  setQuery(query: Query): void {
    if (this.#filtered.setQuery(query)) this.#topics.publish("list")
  }

  dataset(id: string): Dataset | undefined {
    return this.#datasets.get(id)
  }

  columnsOf(dataset: string): readonly ColumnEntry[] {
    return this.#columns.columnsOf(dataset)
  }

  columnCountOf(dataset: string): number {
    return this.#columns.countOf(dataset)
  }

  /** The keys of a dataset's columns, in no particular order and without sorting them. */
  columnIdsOf(dataset: string): Iterable<string> {
    return this.#columns.idsOf(dataset)
  }

  onList(listener: () => void): () => void {
    return this.#topics.subscribe("list", listener)
  }

  onDataset(id: string, listener: () => void): () => void {
    return this.#topics.subscribe(`dataset:${id}`, listener)
  }

  onColumnsOf(dataset: string, listener: () => void): () => void {
    return this.#topics.subscribe(`columns:${dataset}`, listener)
  }

  // Wakes listeners only after everything is in step: a listener that reads sees one state.
  #apply(changes: readonly RecordChange[]): void {
    const datasets = new Set<string>()
    const owners = new Set<string>()
    for (const change of changes) {
      if (change.collection === "datasets") {
        // Made when a filter first asks, so that opening a large workspace does not wait for it.
        this.#haystacks.delete(change.id)
        datasets.add(change.id)
      } else if (change.collection === "columns") {
        const before = change.before as Column | undefined
        for (const owner of this.#columns.apply(change.id, before, change.after as Column | undefined))
          owners.add(owner)
      }
    }
    const living = new Set(Array.from(datasets).filter((id) => this.#datasets.has(id)))
    const idsBefore = this.#ids
    this.#ids = changedIds(idsBefore, living, datasets)
    const listChanged = this.#filtered.refresh(new Set([...datasets, ...owners]))
    for (const id of datasets) this.#topics.publish(`dataset:${id}`)
    for (const id of owners) this.#topics.publish(`columns:${id}`)
    if (listChanged || this.#ids !== idsBefore) this.#topics.publish("list")
  }

  #haystackOf(id: string): string | undefined {
    const known = this.#haystacks.get(id)
    if (known !== undefined) return known
    const dataset = this.#datasets.get(id)
    if (dataset === undefined) return undefined
    const haystack = haystackOf(id, dataset)
    this.#haystacks.set(id, haystack)
    return haystack
  }
}
