import { readdir, rm } from "node:fs/promises"
import { dirname, join } from "node:path"
import { classifyFileError, codeOf, isAbsent } from "../classify.ts"
import { Disk } from "../disk.ts"
import { type Depot, type DepotEntry, DepotError } from "./depot.ts"

/** Landed files on a local disk. */
export class DiskDepot implements Depot {
  readonly #dir: string
  readonly #disk = new Disk()

  constructor(dir: string) {
    this.#dir = dir
  }

  list(folder: readonly string[]): Promise<readonly DepotEntry[]> {
    return this.#try(folder, async (path) => {
      const entries = await readdir(path, { withFileTypes: true }).catch((error: unknown) => {
        if (isAbsent(error)) return []
        throw error
      })
      return entries.map((entry) => ({ name: entry.name, isFolder: entry.isDirectory() }))
    })
  }

  read(file: readonly string[]): Promise<string | undefined> {
    return this.#try(file, (path) => this.#disk.read(path))
  }

  write(file: readonly string[], text: string): Promise<void> {
    return this.#try(file, async (path) => {
      try {
        await this.#disk.replace(path, text)
      } catch (error) {
        if (!isAbsent(error)) throw error
        await this.#disk.prepareFolder(dirname(path))
        await this.#disk.replace(path, text)
      }
      await this.#disk.syncFolder(dirname(path))
    })
  }

  remove(path: readonly string[]): Promise<void> {
    return this.#try(path, async (full) => {
      await rm(full, { recursive: true, force: true })
      await this.#disk.syncFolder(dirname(full)).catch((error: unknown) => {
        if (codeOf(error) !== "ENOENT") throw error
      })
    })
  }

  nameOf(path: readonly string[]): string {
    return join(this.#dir, ...path)
  }

  close(): Promise<void> {
    return Promise.resolve()
  }

  async #try<T>(path: readonly string[], task: (full: string) => Promise<T>): Promise<T> {
    const full = this.nameOf(path)
    try {
      return await task(full)
    } catch (error) {
      throw new DepotError(classifyFileError(error, full), { cause: error })
    }
  }
}
