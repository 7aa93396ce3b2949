import { accessSync, constants, mkdirSync } from "node:fs"
import { open } from "node:fs/promises"
import { dirname, join } from "node:path"

/**
 * Makes the folder and those above it that are absent; comes back with what was made, outermost first. (Node's own recursive
 * mkdir never returns on file systems that refuse with ENOENT, such as /proc.)
 */
export function makeFolder(folder: string): readonly string[] {
  try {
    mkdirSync(folder)
    return [folder]
  } catch (thrown) {
    if (hasCode(thrown, "EEXIST")) return []
    if (!hasCode(thrown, "ENOENT") || dirname(folder) === folder) throw thrown
    const made = makeFolder(dirname(folder))
    mkdirSync(folder)
    return [...made, folder]
  }
}

/** LMDB's magic number and where it stands in a data file. */
const magic = { value: 0xbeefc0de, at: 24 } as const

/** Throws where the folder may not be written or holds a file that LMDB did not make: the native driver dies of such. */
export async function checkFolder(folder: string): Promise<void> {
  accessSync(folder, constants.W_OK | constants.X_OK)
  try {
    const file = await open(join(folder, "data.mdb"), "r+")
    try {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(magic.at + 4), 0, magic.at + 4, 0)
      const made = bytesRead === buffer.length && buffer.readUInt32LE(magic.at) === magic.value
      if (bytesRead > 0 && !made) throw new Error("data.mdb is no store of this version")
    } finally {
      await file.close()
    }
  } catch (thrown) {
    if (!hasCode(thrown, "ENOENT")) throw thrown
  }
}

/** Flushes a folder's own entries: a new file is safe only once its folder is. */
export async function flushFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r")
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function hasCode(thrown: unknown, code: string): boolean {
  return thrown instanceof Error && "code" in thrown && thrown.code === code
}
