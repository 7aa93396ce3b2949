import type { Change, Receipt, StateTarget } from "@millrace/target"
import { type ChangeMaker } from "@millrace/target/suite"
import { type CatalogTable, columnId, type ColumnRole } from "@millrace/workspace"
import { expect } from "vitest"

/** A catalogue as the changes that an import of it makes. */
export function catalogueChanges(maker: ChangeMaker, tables: readonly CatalogTable[]): readonly Change[] {
  return tables.flatMap(({ qualifiedName, columns = [], partitionKeys = [], ...fields }) => {
    const column = (role: ColumnRole) => (one: object, position: number) =>
      maker.next(columnId(qualifiedName, role, position), { dataset: qualifiedName, role, position, ...one }, "columns")
    return [
      maker.next(qualifiedName, fields),
      ...columns.map(column("column")),
      ...partitionKeys.map(column("partition")),
    ]
  })
}

const never = { signal: new AbortController().signal }

/** Applies in batches as a projector does, and expects every change to be taken. */
export async function deliver(target: StateTarget, changes: readonly Change[]): Promise<readonly Receipt[]> {
  const receipts: Receipt[] = []
  for (let at = 0; at < changes.length; at += target.limits.maxBatchChanges) {
    const batch = changes.slice(at, at + target.limits.maxBatchChanges)
    receipts.push(...(await target.apply({ binding: "b", changes: batch }, never)))
  }
  expect(receipts.filter(({ outcome }) => outcome === "failed").slice(0, 3)).toEqual([])
  return receipts
}
