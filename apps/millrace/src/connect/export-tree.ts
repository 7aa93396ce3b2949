import { mkdir, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { messageOf, MillraceError } from "@millrace/ports"
import { printXml } from "@millrace/target-oozie/xml"
import type { ExportedTree } from "@millrace/workspace"
import type { Io } from "../io.ts"

/** Writes a tree's files below a folder, at their paths; tells of each that is left out or not fit to be sent. */
export async function writeTree({ files, refused }: ExportedTree, folder: string, io: Io): Promise<number> {
  for (const each of refused) io.err(`not written: ${each}\n`)
  let written = 0
  for (const { path, content, problems } of files) {
    for (const { id, field, reason } of problems) io.err(`${path}: "${id}", ${field}: ${reason}\n`)
    const text = textOf(path, content, io)
    if (text === undefined) continue
    const file = join(folder, path)
    await write(file, text)
    written++
  }
  return written
}

function textOf(
  path: string,
  content: ExportedTree["files"][number]["content"],
  io: Io,
): string | Uint8Array | undefined {
  if (typeof content === "string" || content instanceof Uint8Array) return content
  try {
    return printXml(content)
  } catch (thrown) {
    io.err(`not written: ${path}: ${messageOf(thrown)}\n`)
    return undefined
  }
}

async function write(file: string, content: string | Uint8Array): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, content)
  } catch (cause) {
    throw new MillraceError(`${file} cannot be written: ${messageOf(cause)}.`, { kind: "storage", cause })
  }
}
