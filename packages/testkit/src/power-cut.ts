import { execFile } from "node:child_process"
import { mkdirSync } from "node:fs"
import { copyFile, truncate, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { promisify } from "node:util"
import { atEndOfTests } from "./cleanup.ts"
import { tempDir } from "./temp-dir.ts"

/** A disk of its own for one test, whose power can be cut. */
export interface CuttableDisk {
  /** Where it is mounted. */
  readonly folder: string
  /**
   * Cuts the power while `frozen` runs: stops it for good, keeps what the disk holds without the page cache, and mounts that.
   *
   * `beforeCopy` is called when the processes stand still and before the copy begins: what was acknowledged until then is owed. The
   * processes are never continued; kill them.
   */
  cutPower(frozen: readonly Freezable[], beforeCopy: () => void): Promise<string>
}

/** A process as far as this needs one. */
export interface Freezable {
  signal(signal: NodeJS.Signals): void
}

const run = promisify(execFile)
/** How long a stopped process may still be inside a system call. */
const settleMs = 20

/**
 * Makes a file, a file system in it, and mounts it. Everything is unmounted at the end of the tests, also after a failure.
 *
 * The file holds what the inner file system has flushed, not its dirty pages: a copy of it is the disk after a power cut, which
 * a killed process alone never shows.
 */
export async function makeCuttableDisk(options: { readonly bytes: number }): Promise<CuttableDisk> {
  const home = tempDir("disk")
  const image = join(home, "disk.img")
  await writeFile(image, "")
  await truncate(image, options.bytes)
  await run("mkfs.ext4", ["-q", image])
  const folder = await mount(image, join(home, "before"))
  let cuts = 0
  return {
    folder,
    cutPower: async (frozen, beforeCopy) => {
      for (const one of frozen) one.signal("SIGSTOP")
      // A copy made while a write is going on can be torn, which would blame the writer for it.
      await new Promise((resolve) => void setTimeout(resolve, settleMs))
      beforeCopy()
      cuts += 1
      const copy = join(home, `cut-${cuts}.img`)
      await copyFile(image, copy)
      return mount(copy, join(home, `after-${cuts}`))
    },
  }
}

async function mount(image: string, folder: string): Promise<string> {
  mkdirSync(folder)
  await run("mount", ["-o", "loop", image, folder])
  atEndOfTests(async () => {
    // Lazily: a process that a failed test left behind must not keep the disk.
    await run("umount", ["-l", folder])
  })
  return folder
}
