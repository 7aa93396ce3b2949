import { asMillraceError, MillraceError } from "@millrace/ports"
import type { CatalogPartition, CatalogTable } from "./catalog-table.ts"
import { optionalTexts } from "./catalog-table.ts"
import { columnId, type ColumnRole, type PlatformRecords } from "./platform-schema.ts"

export interface ImportOptions {
  /** Awaited after each transaction, with the number of tables that are wholly written by then. */
  readonly onBatch?: (tablesDone: number) => Promise<void> | void
  /** A transaction is closed once its records come to this many characters. Default 100,000. */
  readonly maxBatchChars?: number
}

export interface ImportResult {
  /** Records created or changed; 0 where the workspace had it all. */
  readonly written: number
}

interface Step {
  readonly chars: number
  readonly write: () => boolean
  /** Throws what `write` would, and writes nothing. */
  readonly check: () => void
  /** True for a table's last record. */
  readonly endsTable: boolean
}

/**
 * Writes the tables into the workspace: only fields that the file names, and of those only what differs.
 *
 * Nothing is deleted: a column that the file does not list stays. Done again it writes nothing. Every table is checked
 * before the first is written; where `onBatch` fails, the batches before stay, and it can be run again.
 *
 * @throws MillraceError `invalid` or `too-large` naming the first record that does not go in; nothing is written then.
 */
export async function importCatalog(
  records: PlatformRecords,
  tables: Iterable<CatalogTable>,
  { onBatch = () => {}, maxBatchChars = 100_000 }: ImportOptions = {},
): Promise<ImportResult> {
  let written = 0
  let tablesDone = 0
  let batch: Step[] = []
  let chars = 0
  const flush = async (): Promise<void> => {
    if (batch.length === 0) return
    const steps = batch
    batch = []
    chars = 0
    records.transact(() => {
      for (const { write, endsTable } of steps) {
        if (write()) written++
        if (endsTable) tablesDone++
      }
    })
    await onBatch(tablesDone)
  }
  const all = [...tables]
  checkAll(records, all)
  for (const table of all) {
    for (const step of stepsOf(records, table)) {
      batch.push(step)
      chars += step.chars
      if (chars >= maxBatchChars) await flush()
    }
  }
  await flush()
  return { written }
}

function checkAll(records: PlatformRecords, tables: readonly CatalogTable[]): void {
  try {
    for (const table of tables) for (const { check } of stepsOf(records, table)) check()
  } catch (thrown) {
    const { kind, message } = asMillraceError(thrown, "bug")
    throw new MillraceError(`${message} Nothing of the catalogue was written.`, { kind, cause: thrown })
  }
}

function stepsOf(records: PlatformRecords, table: CatalogTable): readonly Step[] {
  const { qualifiedName, database, name, external, columns = [], partitionKeys = [] } = table
  const datasets = records.collection("datasets")
  const texts = Object.fromEntries(
    optionalTexts.flatMap((key) => (table[key] === undefined ? [] : [[key, table[key]]])),
  )
  const dataset = { database, name, external, ...texts }
  const write = (): boolean =>
    datasets.has(qualifiedName) ? datasets.update(qualifiedName, dataset) : datasets.put(qualifiedName, dataset)
  const steps = [
    { write, check: () => datasets.checkPut(qualifiedName, dataset), chars: sizeOf(qualifiedName, dataset) },
    ...columns.map((column, at) => columnStep(records, qualifiedName, "column", at, column)),
    ...partitionKeys.map((column, at) => columnStep(records, qualifiedName, "partition", at, column)),
  ]
  return steps.map((step, at) => ({ ...step, endsTable: at === steps.length - 1 }))
}

function columnStep(
  records: PlatformRecords,
  dataset: string,
  role: ColumnRole,
  position: number,
  column: CatalogPartition,
): Omit<Step, "endsTable"> {
  const columns = records.collection("columns")
  const id = columnId(dataset, role, position)
  const fields = { dataset, role, position, ...column }
  // A key is either named or computed: naming it one way takes the other away.
  const other = "expression" in column ? { name: undefined, type: undefined } : { expression: undefined }
  const write = (): boolean => (columns.has(id) ? columns.update(id, { ...fields, ...other }) : columns.put(id, fields))
  return { write, check: () => columns.checkPut(id, fields), chars: sizeOf(id, fields) }
}

function sizeOf(id: string, fields: object): number {
  // What an entry adds to the fields: id, nonce, brackets and Yjs' own framing.
  return id.length + JSON.stringify(fields).length + 40
}
