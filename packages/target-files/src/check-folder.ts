import { randomUUID } from "node:crypto"
import { access, constants, rm, stat, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { messageOf } from "@millrace/ports"
import type { CheckResult } from "@millrace/target"
import { classifyFileError, isAbsent } from "./classify.ts"

/** Tries a small file in `dir`, or, where there is no `dir` yet, looks whether it could be made. */
export async function checkFolder(dir: string): Promise<CheckResult> {
  try {
    if (!(await stat(dir)).isDirectory()) return { ok: false, detail: `${dir} is a file, not a folder: move it away.` }
    const probe = join(dir, `.check-${randomUUID()}`)
    try {
      await writeFile(probe, "a check that this folder can be written\n", { flag: "wx" })
    } finally {
      await rm(probe, { force: true })
    }
    return { ok: true, detail: `${dir} can be written.` }
  } catch (error) {
    if (!isAbsent(error)) return { ok: false, detail: classifyFileError(error, dir).reason }
  }
  return checkAncestor(dir)
}

async function checkAncestor(dir: string): Promise<CheckResult> {
  for (let folder = dirname(dir); ; folder = dirname(folder)) {
    try {
      if (!(await stat(folder)).isDirectory()) return { ok: false, detail: `${folder} is a file, not a folder.` }
      await access(folder, constants.W_OK)
      return { ok: true, detail: `${dir} will be made in ${folder}.` }
    } catch (error) {
      if (isAbsent(error) && dirname(folder) !== folder) continue
      return { ok: false, detail: `${dir} cannot be made: ${messageOf(error)}` }
    }
  }
}
