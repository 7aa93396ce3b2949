import { readFile } from "node:fs/promises"
import { extname } from "node:path"
import { messageOf, MillraceError } from "@millrace/ports"
import { type CatalogTable, parseCatalog } from "@millrace/workspace"
import { Command, Option } from "commander"
import { importTables } from "../connect/import-tables.ts"
import { jsonOption, withServer, workspaceOption, type WorkspaceOptions } from "../connect/options.ts"
import { tokenFor } from "../connect/token.ts"
import type { Io } from "../io.ts"

interface ImportOptions extends WorkspaceOptions {
  readonly format?: "json" | "ndjson"
}

export function importCommand(io: Io): Command {
  return withServer(new Command("import"))
    .description(
      "Bring a catalogue of tables into a workspace: a JSON list, or one table a line (NDJSON). Importing again changes nothing; only fields that the file names are written.",
    )
    .argument("<path>", "catalogue file")
    .addOption(workspaceOption())
    .addOption(new Option("--format <format>", "default: by the file's ending").choices(["json", "ndjson"]))
    .addOption(jsonOption())
    .action(async (path: string, options: ImportOptions) => {
      const tables = await readCatalog(path, options.format)
      const token = await tokenFor(options, io)
      const summary = await importTables(tables, { ...options, token: () => token }, io, (done) => {
        io.err(`imported ${done} of ${tables.length} tables\n`)
      })
      const counted = { workspace: options.workspace, tables: tables.length, ...summary }
      io.out(options.json ? `${JSON.stringify(counted)}\n` : sentence(counted))
    })
}

async function readCatalog(path: string, format: "json" | "ndjson" | undefined): Promise<readonly CatalogTable[]> {
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new MillraceError(`${path} cannot be read: ${messageOf(cause)}.`, { kind: "invalid", cause })
  })
  return parseCatalog(text, format ?? (/^\.(ndjson|jsonl)$/i.test(extname(path)) ? "ndjson" : "json"))
}

interface Counted {
  readonly workspace: string
  readonly tables: number
  readonly written: number
  readonly seq: number
}

function sentence({ workspace, tables, written, seq }: Counted): string {
  if (written === 0) return `${tables} tables were already in workspace ${workspace}, just so (seq ${seq}).\n`
  return `${tables} tables are in workspace ${workspace}: ${written} records written, on the relay's disk at seq ${seq}.\n`
}
