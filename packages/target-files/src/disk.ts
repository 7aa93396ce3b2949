import { mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises"
import { dirname, join } from "node:path"
import { codeOf, isAbsent } from "./classify.ts"

const temporary = ".writing-"

/** Writes so that after a power cut a name holds the old bytes or the new ones, whole. */
export class Disk {
  #count = 0

  /** The text of a file; undefined where there is none. */
  async read(path: string): Promise<string | undefined> {
    try {
      return await readFile(path, "utf8")
    } catch (error) {
      if (isAbsent(error)) return undefined
      throw error
    }
  }

  /** Temporary file, flush, rename. The name is durable after `syncFolder`. */
  async replace(path: string, text: string): Promise<void> {
    const folder = dirname(path)
    const draft = join(folder, `${temporary}${process.pid}-${(this.#count += 1)}`)
    try {
      const file = await open(draft, "wx")
      try {
        await file.writeFile(text, "utf8")
        await file.sync()
      } finally {
        await file.close()
      }
      await rename(draft, path)
    } catch (error) {
      await rm(draft, { force: true }).catch(() => undefined)
      throw error
    }
  }

  /** Whether there was such a file. The removal is durable after `syncFolder`. */
  async remove(path: string): Promise<boolean> {
    try {
      await rm(path)
      return true
    } catch (error) {
      if (isAbsent(error)) return false
      throw error
    }
  }

  async syncFolder(path: string): Promise<void> {
    const folder = await open(path, "r")
    try {
      await folder.sync()
    } finally {
      await folder.close()
    }
  }

  /** Makes a folder and, durably, the entries that lead to it. Removes drafts that a killed process left in it. */
  async prepareFolder(path: string): Promise<void> {
    const [made] = await makeFolders(path)
    if (made === undefined) {
      const drafts = (await readdir(path)).filter((name) => name.startsWith(temporary))
      for (const name of drafts) await rm(join(path, name), { force: true })
      return
    }
    // `made` is the topmost folder that is new; the entry of each new folder stands in the one above.
    for (let folder = path; folder.length >= made.length; folder = dirname(folder))
      await this.syncFolder(dirname(folder))
  }
}

/**
 * Makes a folder and those above it that are absent; comes back with what was made, outermost first. (Node's own
 * recursive mkdir never returns on file systems that refuse with ENOENT, such as /proc.)
 */
async function makeFolders(path: string): Promise<readonly string[]> {
  try {
    await mkdir(path)
    return [path]
  } catch (error) {
    if (codeOf(error) === "EEXIST") return []
    if (!isAbsent(error) || dirname(path) === path) throw error
  }
  const above = await makeFolders(dirname(path))
  await mkdir(path)
  return [...above, path]
}
