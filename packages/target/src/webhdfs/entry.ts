/** A file or folder as a NameNode describes it. */
export interface HdfsEntry {
  /** The last part of its path; empty where the path itself was asked for. */
  readonly name: string
  readonly isFolder: boolean
  readonly bytes: number
  readonly owner: string
  /** Octal, such as `755`. */
  readonly permission: string
  readonly modifiedMs: number
}

/** Reads a `FileStatus`; undefined for anything else. */
export function entryOf(value: unknown): HdfsEntry | undefined {
  if (typeof value !== "object" || value === null) return undefined
  const { pathSuffix, type, length, owner, permission, modificationTime } = value as Readonly<Record<string, unknown>>
  if (typeof pathSuffix !== "string" || typeof type !== "string") return undefined
  return {
    name: pathSuffix,
    isFolder: type === "DIRECTORY",
    bytes: typeof length === "number" ? length : 0,
    owner: typeof owner === "string" ? owner : "",
    permission: typeof permission === "string" ? permission : "",
    modifiedMs: typeof modificationTime === "number" ? modificationTime : 0,
  }
}
