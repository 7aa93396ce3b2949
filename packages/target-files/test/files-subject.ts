import { readdir, readFile, rename, writeFile, rm } from "node:fs/promises"
import { join } from "node:path"
import type { Held, Subject } from "@millrace/target/suite"
import { tempDir } from "@millrace/testkit"
import { createFilesTarget, filesConfig } from "../src/index.ts"

/** Every record file below a folder, read without the target. */
export async function heldFiles(dir: string): Promise<readonly Held[]> {
  const names = await readdir(dir, { recursive: true, withFileTypes: true }).catch(() => [])
  const files = names.filter((entry) => entry.isFile() && !entry.parentPath.endsWith(".deleted"))
  return Promise.all(
    files.map(async (entry) => {
      const text = await readFile(join(entry.parentPath, entry.name), "utf8")
      const parsed = JSON.parse(text) as Held & { readonly fields: unknown }
      return { ...parsed, after: JSON.stringify(parsed.fields) }
    }),
  )
}

export async function filesSubject(): Promise<Subject> {
  const root = tempDir("files")
  const dir = join(root, "kept")
  const away = join(root, "away")
  let moved = false
  return {
    target: createFilesTarget("files", filesConfig({ kind: "files", dir }, "targets.files")),
    held: () => heldFiles(dir),
    // Root may write anywhere, so permissions would stop nobody: a file stands in the folder's place.
    die: async () => {
      moved = await rename(dir, away).then(
        () => true,
        () => false,
      )
      await writeFile(dir, "")
    },
    revive: async () => {
      await rm(dir)
      if (moved) await rename(away, dir)
    },
    world: {
      edit: async (collection, id, name) => {
        const path = join(dir, "suite", collection, `${id}.json`)
        const held = JSON.parse(await readFile(path, "utf8")) as { readonly fields: object }
        await writeFile(path, JSON.stringify({ ...held, fields: { ...held.fields, name } }))
      },
    },
    dispose: () => Promise.resolve(),
  }
}
