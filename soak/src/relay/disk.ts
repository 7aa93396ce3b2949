import { rename } from "node:fs/promises"
import { mkdirSync, truncateSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { atEndOfTests, runProcess } from "@millrace/testkit"

const imageBytes = 48 << 20

/**
 * A small ext4 disk on a loop device, whose power can be cut: what is on it afterwards is what had been flushed.
 *
 * It needs root and loop devices. Unmounted at the end of the test file or campaign, also after a failure.
 */
export class CuttableDisk {
  /** Where it is mounted, the same before and after a cut. */
  readonly mountPoint: string
  readonly #image: string
  readonly #forget: () => void

  private constructor(folder: string) {
    this.mountPoint = join(folder, "mounted")
    this.#image = join(folder, "disk.img")
    this.#forget = atEndOfTests(() => this.remove())
  }

  /** A new empty disk with its files in `folder`. */
  static async make(folder: string): Promise<CuttableDisk> {
    const disk = new CuttableDisk(folder)
    mkdirSync(disk.mountPoint, { recursive: true })
    writeFileSync(disk.#image, "")
    truncateSync(disk.#image, imageBytes)
    await run("mkfs.ext4", "-q", "-F", disk.#image)
    await disk.#mount()
    return disk
  }

  /**
   * Keeps what has been flushed up to now, for `comeBack`. Who writes to the disk must have been stopped before: a copy
   * made under writes would be torn in ways that a disk is not.
   */
  async keepFlushed(): Promise<void> {
    // The backing file holds what the inner file system has flushed, not its dirty pages.
    await run("cp", "--sparse=always", this.#image, `${this.#image}.cut`)
  }

  /** The power is back: the disk as it was kept. Nothing may have files of it open. */
  async comeBack(): Promise<void> {
    await run("umount", this.mountPoint)
    await rename(`${this.#image}.cut`, this.#image)
    await this.#mount()
  }

  /** Idempotent. */
  async remove(): Promise<void> {
    this.#forget()
    await runProcess({ file: "umount", args: [this.mountPoint] })
  }

  #mount(): Promise<void> {
    return run("mount", "-o", "loop", this.#image, this.mountPoint)
  }
}

async function run(file: string, ...args: readonly string[]): Promise<void> {
  const { code, stderr } = await runProcess({ file, args })
  if (code !== 0) throw new Error(`${file} ${args.join(" ")} failed: ${stderr.trim()}`)
}
