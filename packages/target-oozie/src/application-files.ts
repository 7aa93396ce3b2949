import { readdir, readFile, stat } from "node:fs/promises"
import { join } from "node:path"
import { MillraceError } from "@millrace/ports"
import type { DefinitionFile } from "./definition.ts"

const maxFiles = 1_000
const maxBytes = 64_000_000

/**
 * The files below `folder` of the tree in a local folder: libraries, scripts. None where there is no such folder; links
 * are not followed.
 *
 * @throws MillraceError `too-large` beyond 1,000 files or 64 MB.
 */
export async function localFilesBelow(filesDir: string, folder: string): Promise<readonly DefinitionFile[]> {
  const root = join(filesDir, ...folder.split("/").filter((part) => part !== ""))
  const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return []
    throw error
  })
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  let bytes = 0
  for (const path of paths) bytes += (await stat(path)).size
  if (paths.length > maxFiles || bytes > maxBytes) {
    throw new MillraceError(
      `${root} holds ${paths.length} files of ${bytes} bytes: an application may have ${maxFiles} and ${maxBytes}.`,
      { kind: "too-large" },
    )
  }
  return Promise.all(
    paths.map(async (path) => ({
      path: path
        .slice(filesDir.length)
        .split(/[/\\]/)
        .filter((part) => part !== "")
        .join("/"),
      bytes: await readFile(path),
    })),
  )
}
