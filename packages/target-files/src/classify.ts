import { messageOf } from "@millrace/ports"
import type { Refusal } from "@millrace/target"

/** The code of a file system error, such as `ENOSPC`; undefined for anything else. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined
}

export function isAbsent(error: unknown): boolean {
  return codeOf(error) === "ENOENT"
}

const advice: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full: free some space",
  EDQUOT: "the quota is used up: free some space",
  EROFS: "the file system is read-only: mount it for writing",
  EACCES: "this process may not write there: change the folder's owner or mode",
  EPERM: "this process may not write there: change the folder's owner or mode",
  ENOTDIR: "a file stands where a folder is needed: move it away",
  EEXIST: "a file stands where a folder is needed: move it away",
  EISDIR: "a folder stands where a file is needed: move it away",
  EMFILE: "this process has too many files open: raise its limit",
  ENFILE: "the system has too many files open",
  EIO: "the disk reports an error: look at it before anything else",
}

/** What an error of the file system means for a change. Only a name that the system cannot hold is the record's fault. */
export function classifyFileError(error: unknown, path: string): Refusal {
  const code = codeOf(error)
  if (code === "ENAMETOOLONG") {
    return {
      outcome: "failed",
      kind: "invalid",
      reason: `${path} is too long a name for this file system; use a shorter dir.`,
    }
  }
  if (code === undefined) return { outcome: "failed", kind: "bug", reason: `${path}: ${messageOf(error)}` }
  return { outcome: "failed", kind: "retry", reason: `${path} cannot be written: ${advice[code] ?? messageOf(error)}.` }
}
