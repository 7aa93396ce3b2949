import { lstat, readdir, readFile } from "node:fs/promises"
import { join, relative, sep } from "node:path"
import { messageOf, MillraceError } from "@millrace/ports"
import { decodeXml, parseXml, type XmlDocument } from "@millrace/target-oozie/xml"
import { isDefinition } from "@millrace/workspace"

/** A file of a tree that has a place in a workspace. */
export type TreeFile =
  | { readonly kind: "definition"; readonly path: string; readonly document: XmlDocument }
  | { readonly kind: "properties"; readonly path: string; readonly content: string | Uint8Array }

export interface DefinitionTree {
  /** Sorted by path. */
  readonly files: readonly TreeFile[]
  /** Files that are neither: they stay where they are. */
  readonly others: number
  /** One line for each file that cannot be read. */
  readonly problems: readonly string[]
}

const maxFiles = 20_000
const maxFileBytes = 4_000_000

/** Reads every definition and properties file below a folder; links are not followed. Never half a file. */
export async function readTree(folder: string): Promise<DefinitionTree> {
  const files: TreeFile[] = []
  const problems: string[] = []
  let others = 0
  for (const file of await filesBelow(folder)) {
    const path = relative(folder, file).split(sep).join("/")
    if (!/\.(?:xml|properties)$/i.test(path)) {
      others++
      continue
    }
    try {
      const read = await readOne(file, path)
      if (read === undefined) others++
      else files.push(read)
    } catch (thrown) {
      problems.push(`${path}: ${messageOf(thrown)}`)
    }
  }
  return { files, others, problems }
}

/** The document of a file. Throws where it is too large or not XML. */
export async function readDefinitionFile(file: string): Promise<XmlDocument> {
  const { size } = await lstat(file)
  if (size > maxFileBytes) {
    throw new MillraceError(`the file has ${size} bytes, ${maxFileBytes} fit.`, { kind: "too-large" })
  }
  return parseXml(decodeXml(await readFile(file)))
}

async function readOne(file: string, path: string): Promise<TreeFile | undefined> {
  if (/\.xml$/i.test(path)) {
    const document = await readDefinitionFile(file)
    return isDefinition(document) ? { kind: "definition", path, document } : undefined
  }
  const { size } = await lstat(file)
  if (size > maxFileBytes) {
    throw new MillraceError(`the file has ${size} bytes, ${maxFileBytes} fit.`, { kind: "too-large" })
  }
  return { kind: "properties", path, content: textOrBytes(await readFile(file)) }
}

/** Text where the file is UTF-8, byte order mark included, so that it comes out byte for byte; else its bytes. */
function textOrBytes(bytes: Uint8Array): string | Uint8Array {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return new Uint8Array(bytes)
  }
}

async function filesBelow(folder: string): Promise<readonly string[]> {
  const found: string[] = []
  const waiting = [folder]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const entries = await readdir(next, { withFileTypes: true }).catch((cause: unknown) => {
      throw new MillraceError(`${folder} cannot be read: ${messageOf(cause)}.`, { kind: "invalid", cause })
    })
    for (const entry of entries) {
      const path = join(next, entry.name)
      if (entry.isDirectory()) waiting.push(path)
      else if (entry.isFile()) found.push(path)
    }
    if (found.length > maxFiles) {
      throw new MillraceError(`${folder} holds more than ${maxFiles} files: import its parts one by one.`, {
        kind: "too-large",
      })
    }
  }
  return found.sort((a, b) => (a < b ? -1 : 1))
}
