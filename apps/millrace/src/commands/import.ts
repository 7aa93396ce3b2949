import { readFile, stat } from "node:fs/promises"
import { extname } from "node:path"
import { messageOf, MillraceError } from "@millrace/ports"
import { type CatalogTable, parseCatalog } from "@millrace/workspace"
import { Command, Option } from "commander"
import { readTree } from "../connect/definition-tree.ts"
import { importDefinitions } from "../connect/import-definitions.ts"
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
      "Bring a catalogue of tables into a workspace: a JSON list, or one table a line (NDJSON). Or a folder of definitions: workflows, coordinators, bundles, datasets in XML, with their properties files. All is checked before anything is written. Importing again changes nothing.",
    )
    .argument("<path>", "catalogue file, or a folder of definitions")
    .addOption(workspaceOption())
    .addOption(new Option("--format <format>", "default: by the file's ending").choices(["json", "ndjson"]))
    .addOption(jsonOption())
    .action(async (path: string, options: ImportOptions) => {
      if (await isFolder(path)) return importTree(path, options, io)
      const tables = await readCatalog(path, options.format)
      const token = await tokenFor(options, io)
      const summary = await importTables(tables, { ...options, token: () => token }, io, (done) => {
        io.err(`imported ${done} of ${tables.length} tables\n`)
      })
      const counted = { workspace: options.workspace, tables: tables.length, ...summary }
      io.out(options.json ? `${JSON.stringify(counted)}\n` : sentence(counted))
    })
}

async function importTree(path: string, options: ImportOptions, io: Io): Promise<void> {
  if (options.format !== undefined) {
    throw new MillraceError(`${path} is a folder of definitions: leave --format out.`, { kind: "usage" })
  }
  const tree = await readTree(path)
  const files = tree.files.length
  const token = await tokenFor(options, io)
  const summary = await importDefinitions(tree, { ...options, token: () => token }, io, (done) => {
    io.err(`imported ${done} of ${files} files\n`)
  })
  const counted = { workspace: options.workspace, files, others: tree.others, ...summary }
  const left = tree.others === 0 ? "" : `; ${tree.others} other files were left where they are`
  const words = `${files} files are in workspace ${options.workspace}: ${summary.written} records written, on the relay's disk at seq ${summary.seq}${left}.\n`
  io.out(options.json ? `${JSON.stringify(counted)}\n` : words)
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )
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
