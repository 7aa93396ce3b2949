import { writeFile } from "node:fs/promises"
import { messageOf, MillraceError } from "@millrace/ports"
import { exportText } from "@millrace/model"
import { exportCatalog } from "@millrace/workspace"
import { Command, Option } from "commander"
import { jsonOption, withServer, workspaceOption, type WorkspaceOptions } from "../connect/options.ts"
import { tokenFor } from "../connect/token.ts"
import { withWorkspace } from "../connect/with-workspace.ts"
import type { Io } from "../io.ts"

interface ExportOptions extends WorkspaceOptions {
  readonly format: "records" | "catalog"
  readonly out?: string
}

export function exportCommand(io: Io): Command {
  return withServer(new Command("export"))
    .description("Print the merged state of a workspace. Two exports of one state are the same bytes.")
    .addOption(workspaceOption())
    .addOption(
      new Option("--format <format>", "records: { collection: { id: record } }; catalog: the shape that import takes")
        .choices(["records", "catalog"])
        .default("records"),
    )
    .option("--out <file>", "write to a file instead of standard output")
    .addOption(jsonOption())
    .action(async (options: ExportOptions) => {
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

function catalogOf(records: Parameters<typeof exportCatalog>[0], io: Io): unknown {
  const { tables, problems } = exportCatalog(records)
  for (const problem of problems) io.err(`not in the catalogue: ${problem}\n`)
  return tables
}
