import { isAbsolute, resolve } from "node:path"
import { MillraceError } from "@millrace/ports"

/** A files target as the configuration has it, `dir` made absolute. */
export interface FilesConfig {
  readonly kind: "files"
  readonly dir: string
}

/**
 * Checks one target of the configuration: `{ kind: "files", dir }`.
 *
 * @param path Where the value stands, such as `targets.files`; every error begins with it and the field.
 * @param baseDir What a relative `dir` is relative to; default the process's working directory.
 * @throws MillraceError of kind `usage`.
 */
export function filesConfig(value: unknown, path: string, baseDir = "."): FilesConfig {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw wrong(path, "must be an object")
  const stranger = Object.keys(value).find((name) => name !== "kind" && name !== "dir")
  if (stranger !== undefined) throw wrong(`${path}.${stranger}`, "is not a setting here; there are kind, dir")
  if (!("kind" in value) || value.kind !== "files") throw wrong(`${path}.kind`, 'must be "files"')
  if (!("dir" in value) || typeof value.dir !== "string" || value.dir === "" || value.dir.includes("\0")) {
    throw wrong(`${path}.dir`, "must be the path of a folder")
  }
  return { kind: "files", dir: isAbsolute(value.dir) ? value.dir : resolve(baseDir, value.dir) }
}

function wrong(path: string, what: string): MillraceError {
  return new MillraceError(`${path} ${what}.`, { kind: "usage" })
}
