import { compareText, type RecordOf } from "@millrace/model"
import type { CatalogColumn, CatalogPartition, CatalogTable } from "./catalog-table.ts"
import { optionalTexts } from "./catalog-table.ts"
import { type ColumnRole, type PlatformRecords, type PlatformSchema } from "./platform-schema.ts"

type Column = RecordOf<PlatformSchema, "columns">

/** The catalogue's tables, and for people what could not be put into them. */
export interface ExportedCatalog {
  /** Sorted by qualified name, columns by position: what an import of the same tables takes. */
  readonly tables: readonly CatalogTable[]
  /** One sentence for each record or field that merges have left in a state that the shape cannot hold. */
  readonly problems: readonly string[]
}

/** The datasets and columns in the catalogue's shape. Never throws for what a merge has left. */
export function exportCatalog(records: PlatformRecords): ExportedCatalog {
  const problems: string[] = []
  const datasets = records.collection("datasets")
  const columnsOf = groupColumns(records, problems)
  const tables: CatalogTable[] = []
  for (const qualifiedName of [...datasets.ids()].sort(compareText)) {
    const reasons = datasets.check(qualifiedName)
    const dataset = datasets.get(qualifiedName)
    if (dataset === undefined) continue
    if (qualifiedName === "" || reasons.length > 0) {
      problems.push(`dataset "${qualifiedName}": ${reasonText(reasons) || "its name is empty"}`)
      continue
    }
    tellUnknown(`dataset "${qualifiedName}"`, dataset, datasetFields, problems)
    const { database, name, external } = dataset
    const texts = Object.fromEntries(
      optionalTexts.flatMap((key) => (dataset[key] === undefined ? [] : [[key, dataset[key]]])),
    )
    const { column, partition } = columnsOf.get(qualifiedName) ?? { column: [], partition: [] }
    tables.push({
      qualifiedName,
      database,
      name,
      external,
      ...texts,
      columns: column.flatMap((each) => namedColumn(each, problems)),
      partitionKeys: partition.flatMap((each) => partitionKey(each, problems)),
    })
  }
  return { tables, problems }
}

const datasetFields = ["database", "name", "external", ...optionalTexts]
const columnFields = ["dataset", "role", "position", "name", "type", "comment", "expression"]

interface Placed {
  readonly id: string
  readonly column: Column
}
type ByRole = Record<ColumnRole, Placed[]>

function groupColumns(records: PlatformRecords, problems: string[]): ReadonlyMap<string, ByRole> {
  const columns = records.collection("columns")
  const datasets = records.collection("datasets")
  const grouped = new Map<string, ByRole>()
  for (const [id, column] of [...columns.all()].sort(([a], [b]) => compareText(a, b))) {
    const reasons = columns.check(id)
    if (reasons.length > 0) {
      problems.push(`column "${id}": ${reasonText(reasons)}`)
      continue
    }
    if (!datasets.has(column.dataset)) {
      problems.push(`column "${id}": there is no dataset "${column.dataset}"`)
      continue
    }
    tellUnknown(`column "${id}"`, column, columnFields, problems)
    let ofDataset = grouped.get(column.dataset)
    if (ofDataset === undefined) grouped.set(column.dataset, (ofDataset = { column: [], partition: [] }))
    ofDataset[column.role].push({ id, column })
  }
  for (const { column, partition } of grouped.values()) {
    for (const list of [column, partition]) {
      list.sort((a, b) => a.column.position - b.column.position || compareText(a.id, b.id))
    }
  }
  return grouped
}

function namedColumn({ id, column }: Placed, problems: string[]): readonly CatalogColumn[] {
  const { name, type, expression } = column
  if (name === undefined || type === undefined) {
    problems.push(`column "${id}": it has no ${name === undefined ? "name" : "type"}`)
    return []
  }
  if (expression !== undefined) problems.push(`column "${id}": its expression has no place beside a name`)
  return [{ name, type, ...commentOf(column) }]
}

function partitionKey(placed: Placed, problems: string[]): readonly CatalogPartition[] {
  const { name, type, expression } = placed.column
  const isComputed = expression !== undefined && (name === undefined || type === undefined)
  if (!isComputed) return namedColumn(placed, problems)
  for (const [field, value] of [["name", name] as const, ["type", type] as const]) {
    if (value !== undefined) problems.push(`column "${placed.id}": its ${field} has no place beside an expression`)
  }
  return [{ expression, ...commentOf(placed.column) }]
}

function commentOf({ comment }: Column): { comment?: string | null } {
  return comment === undefined ? {} : { comment }
}

function tellUnknown(what: string, record: object, known: readonly string[], problems: string[]): void {
  for (const field of Object.keys(record)) {
    if (!known.includes(field)) problems.push(`${what}: the catalogue's shape has no field "${field}"`)
  }
}

function reasonText(reasons: readonly { readonly field: string; readonly reason: string }[]): string {
  return reasons.map(({ field, reason }) => `field "${field}": ${reason}`).join("; ")
}
