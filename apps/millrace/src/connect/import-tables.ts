import { type CatalogTable, importCatalog } from "@millrace/workspace"
import type { Io } from "../io.ts"
import { type Connection, withWorkspace } from "./with-workspace.ts"
import { untilDurable } from "./until-durable.ts"

export interface ImportSummary {
  /** Records created or changed; 0 when everything was there already. */
  readonly written: number
  /** The log's seq at which all of it is on the relay's disk. */
  readonly seq: number
}

/** Brings tables into a workspace and resolves when they are on the relay's disk. Running it again changes nothing. */
export function importTables(
  tables: readonly CatalogTable[],
  connection: Connection,
  io: Io,
  onProgress: (tablesDone: number) => void,
): Promise<ImportSummary> {
  return withWorkspace(connection, io, async (workspace) => {
    const { written } = await importCatalog(workspace.records, tables, {
      // Each batch is on the relay's disk before the next is made: progress is true, and memory is bounded.
      onBatch: async (tablesDone) => {
        await untilDurable(workspace, io)
        onProgress(tablesDone)
      },
    })
    return { written, seq: await untilDurable(workspace, io) }
  })
}
