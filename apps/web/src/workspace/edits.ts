import { MillraceError } from "@millrace/ports"
import type { Workspace, WriteHandle } from "@millrace/client"
import { columnId, type ColumnRole, type PlatformSchema } from "@millrace/workspace"
import type { Catalog } from "./catalog.ts"
import type { Choice, Dispute } from "./disputes.ts"
import type { Column, ColumnTextField, Dataset, DatasetTextField } from "./shapes.ts"

export type EditTarget = Pick<Workspace<PlatformSchema>, "collection" | "transact" | "records">

/** A dataset as it was, for undoing its deletion. */
export interface DeletedDataset {
  readonly id: string
  readonly dataset: Dataset
  readonly columns: ReadonlyMap<string, Column>
}

export interface NewColumn {
  readonly role: ColumnRole
  readonly name: string
  readonly type: string
}

/**
 * What a person can do to datasets and columns: each call is one transaction, writes only the fields that it names, and
 * throws kind `invalid` with a reason for people when the schema refuses the value; nothing is written then.
 */
export class Edits {
  readonly #workspace: EditTarget
  readonly #catalog: Catalog
  readonly #track: (stored: Promise<void>) => void

  constructor(workspace: EditTarget, catalog: Catalog, track: (stored: Promise<void>) => void) {
    this.#workspace = workspace
    this.#catalog = catalog
    this.#track = track
  }

  createDataset(id: string, dataset: Dataset): void {
    if (this.#catalog.dataset(id) !== undefined) {
      throw new MillraceError(`"${id}" exists already: open it, or choose another name.`, { kind: "invalid" })
    }
    this.#watch(this.#workspace.collection("datasets").put(id, dataset))
  }

  /** An empty text removes the field. */
  setDatasetText(id: string, field: DatasetTextField, text: string): void {
    if (text === "" && (field === "database" || field === "name")) {
      throw new MillraceError(`A dataset needs a ${field}.`, { kind: "invalid" })
    }
    const datasets = this.#workspace.collection("datasets")
    this.#watch(text === "" ? datasets.removeField(id, field) : datasets.update(id, { [field]: text }))
  }

  setExternal(id: string, external: boolean): void {
    this.#watch(this.#workspace.collection("datasets").update(id, { external }))
  }

  /** Deletes the dataset and the columns that name it; answers what `restoreDataset` needs. */
  deleteDataset(id: string): DeletedDataset | undefined {
    const dataset = this.#catalog.dataset(id)
    if (dataset === undefined) return undefined
    const columns = new Map(this.#catalog.columnsOf(id).map((entry) => [entry.id, entry.column]))
    this.#watch(
      this.#workspace.transact(() => {
        for (const column of columns.keys()) this.#workspace.collection("columns").delete(column)
        this.#workspace.collection("datasets").delete(id)
      }),
    )
    return { id, dataset, columns }
  }

  /** Puts a deleted dataset back with its columns; what exists again meanwhile is left alone. */
  restoreDataset(deleted: DeletedDataset): void {
    const datasets = this.#workspace.collection("datasets")
    const columns = this.#workspace.collection("columns")
    this.#watch(
      this.#workspace.transact(() => {
        if (!datasets.has(deleted.id)) datasets.put(deleted.id, deleted.dataset)
        for (const [id, column] of deleted.columns) if (!columns.has(id)) columns.put(id, column)
      }),
    )
  }

  /** Adds it after the last of its role; answers its key. */
  addColumn(dataset: string, column: NewColumn): string {
    const position = this.nextPosition(dataset, column.role)
    const id = columnId(dataset, column.role, position)
    const type = column.type === "" ? {} : { type: column.type }
    this.#watch(
      this.#workspace
        .collection("columns")
        .put(id, { dataset, role: column.role, position, name: column.name, ...type }),
    )
    return id
  }

  /** An empty text removes the field. */
  setColumnText(id: string, field: ColumnTextField, text: string): void {
    const columns = this.#workspace.collection("columns")
    this.#watch(text === "" ? columns.removeField(id, field) : columns.update(id, { [field]: text }))
  }

  /**
   * Gives a column another role or position. Its key is made of both, so it is written anew under the new key and the old
   * one deleted, in one transaction; a place that is taken is refused. Answers the new key.
   */
  moveColumn(id: string, role: ColumnRole, position: number): string {
    if (!Number.isSafeInteger(position) || position < 0) {
      throw new MillraceError("A position is a whole number from 0 up.", { kind: "invalid" })
    }
    const columns = this.#workspace.collection("columns")
    const column = columns.get(id)
    if (column === undefined) {
      throw new MillraceError("Somebody removed this column meanwhile.", { kind: "not-found" })
    }
    const nextId = columnId(column.dataset, role, position)
    if (nextId === id) return id
    if (columns.has(nextId)) {
      throw new MillraceError(`Position ${position} is taken: choose a free one, or move the other column first.`, {
        kind: "invalid",
      })
    }
    this.#watch(
      this.#workspace.transact(() => {
        columns.put(nextId, { ...column, role, position })
        columns.delete(id)
      }),
    )
    return nextId
  }

  /** Settles a dispute with one of its values; without one, drops a write that came after a delete. */
  choose(dispute: Dispute, choice: Choice | undefined): void {
    const { id, late } = dispute
    const records = this.#workspace.records.collection(dispute.collection)
    this.#watch(
      this.#workspace.transact(() => {
        if (late === undefined) records.choose(id, dispute, { value: choice?.value })
        else if (choice === undefined) records.discardEditsAfterDelete(id, [late])
        else records.restoreEditsAfterDelete(id, [late])
      }),
    )
  }

  removeColumn(id: string): void {
    this.#watch(this.#workspace.collection("columns").delete(id))
  }

  nextPosition(dataset: string, role: ColumnRole): number {
    const columns = this.#workspace.collection("columns")
    let next = 0
    for (const { column } of this.#catalog.columnsOf(dataset)) {
      if (column.role === role && column.position >= next) next = column.position + 1
    }
    // A key may be held by a column whose own fields disagree with it.
    while (columns.has(columnId(dataset, role, next))) next += 1
    return next
  }

  #watch(handle: WriteHandle): void {
    this.#track(handle.stored)
  }
}
