import { openRecords, type Records } from "@millrace/model"
import { messageOf, MillraceError } from "@millrace/ports"
import { importDefinition, importProperties, platformSchema, type PlatformSchema } from "@millrace/workspace"
import { Doc } from "yjs"
import type { Io } from "../io.ts"
import type { DefinitionTree, TreeFile } from "./definition-tree.ts"
import type { ImportSummary } from "./import-tables.ts"
import { untilDurable } from "./until-durable.ts"
import { type Connection, withWorkspace } from "./with-workspace.ts"

const maxProblems = 20
/** Files of one step: each is on the relay's disk before the next is made. */
const filesAtOnce = 20

/**
 * Brings a tree's definitions and properties files into a workspace and resolves when they are on the relay's disk.
 *
 * Every file is read and fitted into records of its own before anything is sent: rejects with kind `invalid`, naming
 * each file that does not go in, and then nothing is written. Running it again changes nothing.
 */
export async function importDefinitions(
  { files, problems }: DefinitionTree,
  connection: Connection,
  io: Io,
  onProgress: (filesDone: number) => void,
): Promise<ImportSummary> {
  const refused = [...problems, ...rehearse(files)]
  if (refused.length > 0) {
    const more = refused.length > maxProblems ? [`and ${refused.length - maxProblems} more`] : []
    const head = `${refused.length} of the files cannot be taken, nothing was written`
    throw new MillraceError([`${head}:`, ...refused.slice(0, maxProblems), ...more].join("\n  "), { kind: "invalid" })
  }
  return withWorkspace(connection, io, async (workspace) => {
    let written = 0
    for (let at = 0; at < files.length; at += filesAtOnce) {
      const step = files.slice(at, at + filesAtOnce)
      for (const file of step) written += put(workspace.records, file)
      await untilDurable(workspace, io)
      onProgress(at + step.length)
    }
    return { written, seq: await untilDurable(workspace, io) }
  })
}

// Into a document of its own that nobody keeps.
function rehearse(files: readonly TreeFile[]): readonly string[] {
  const records = openRecords(new Doc(), platformSchema)
  try {
    return files.flatMap((file) => {
      try {
        put(records, file)
        return []
      } catch (thrown) {
        return [`${file.path}: ${messageOf(thrown)}`]
      }
    })
  } finally {
    records.destroy()
  }
}

function put(records: Records<PlatformSchema>, file: TreeFile): number {
  if (file.kind === "definition") return importDefinition(records, file.path, file.document).written
  return importProperties(records, file.path, file.content) ? 1 : 0
}
