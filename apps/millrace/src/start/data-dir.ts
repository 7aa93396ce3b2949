import { access, constants } from "node:fs/promises"
import { resolve } from "node:path"
import { messageOf, MillraceError } from "@millrace/ports"
import { makeFolder } from "@millrace/store/lmdb"

/** Makes the data folder if it is missing and checks that it can be written; comes back absolute. */
export async function openDataDir(path: string): Promise<string> {
  const dir = resolve(path)
  try {
    makeFolder(dir)
    await access(dir, constants.W_OK | constants.X_OK)
  } catch (cause) {
    throw new MillraceError(
      `The data folder ${dir} cannot be written (${messageOf(cause)}): mend its permissions, or choose another with --data.`,
      { kind: "storage", cause },
    )
  }
  return dir
}
