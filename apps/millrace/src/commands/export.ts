import { writeFile } from "node:fs/promises"
import { messageOf, MillraceError } from "@millrace/ports"
import { exportText } from "@millrace/model"
import { exportCatalog, exportDefinitions } from "@millrace/workspace"
import { Command, Option } from "commander"
import { writeTree } from "../connect/export-tree.ts"
import { jsonOption, withServer, workspaceOption, type WorkspaceOptions } from "../connect/options.ts"
import { tokenFor } from "../connect/token.ts"
import { withWorkspace } from "../connect/with-workspace.ts"
import type { Io } from "../io.ts"

interface ExportOptions extends WorkspaceOptions {
  readonly format: "records" | "catalog" | "oozie"
  readonly out?: string
}

export function exportCommand(io: Io): Command {
  return withServer(new Command("export"))
    .description("Print the merged state of a workspace. Two exports of one state are the same bytes.")
    .addOption(workspaceOption())
    .addOption(
      new Option(
        "--format <format>",
        "records: { collection: { id: record } }; catalog: the shape that import takes; oozie: definitions and properties files at their paths, below --out",
      )
        .choices(["records", "catalog", "oozie"])
        .default("records"),
    )
    .option("--out <path>", "write to a file instead of standard output; with oozie a folder")
    .addOption(jsonOption())
    .action(async (options: ExportOptions) => {
      if (options.format === "oozie") return exportTree(options, io)
      const token = await tokenFor(options, io)
      const text = await withWorkspace({ ...options, token: () => token }, io, async ({ records }) =>
        options.format === "catalog"
          ? `${JSON.stringify(catalogOf(records, io), null, 1)}\n`
          : `${exportText(records)}\n`,
      )
      if (options.out === undefined) return io.out(text)
      await writeFile(options.out, text).catch((cause: unknown) => {
        throw new MillraceError(`${options.out} cannot be written: ${messageOf(cause)}.`, { kind: "storage", cause })
      })
    })
}

async function exportTree(options: ExportOptions, io: Io): Promise<void> {
  const { out } = options
  if (out === undefined) {
    throw new MillraceError("Definitions are many files: name a folder with --out.", { kind: "usage" })
  }
  const token = await tokenFor(options, io)
  const tree = await withWorkspace({ ...options, token: () => token }, io, async ({ records }) =>
    exportDefinitions(records),
  )
  const files = await writeTree(tree, out, io)
  const counted = { workspace: options.workspace, out, files, refused: tree.files.length + tree.refused.length - files }
  io.out(options.json ? `${JSON.stringify(counted)}\n` : `${files} files are in ${out}.\n`)
}

function catalogOf(records: Parameters<typeof exportCatalog>[0], io: Io): unknown {
  const { tables, problems } = exportCatalog(records)
  for (const problem of problems) io.err(`not in the catalogue: ${problem}\n`)
  return tables
}
