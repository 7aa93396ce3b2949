import { isAbsolute, resolve } from "node:path"
import { MillraceError } from "@millrace/ports"

export interface DelimitedFormat {
  readonly kind: "delimited"
  readonly delimiter: string
  /** Fields by collection, in the order of the columns. */
  readonly columns: Readonly<Record<string, readonly string[]>>
  /** Whether each file begins with the columns' names. */
  readonly header: boolean
  /** `guard` puts an apostrophe before texts that a spreadsheet would compute; `keep` leaves them. */
  readonly formulas: "guard" | "keep"
}

export type LandingFormat = { readonly kind: "json-lines" } | DelimitedFormat

export type LandingPlace =
  | { readonly kind: "disk"; readonly dir: string }
  | { readonly kind: "hdfs"; readonly urls: readonly string[]; readonly user: string; readonly folder: string }

/** A landing target as the configuration has it, defaults filled in. */
export interface LandingConfig {
  readonly kind: "landing"
  readonly place: LandingPlace
  readonly format: LandingFormat
  /** Length of a period: a whole part of a day. */
  readonly periodMinutes: number
  /** Name of the empty file that says that a period is complete. */
  readonly doneFlag: string
  readonly timeoutMs: number
}

const known = [
  "kind",
  "dir",
  "webHdfsUrl",
  "webHdfsUrls",
  "user",
  "folder",
  "format",
  "periodMinutes",
  "doneFlag",
  "timeoutMs",
]

/**
 * Checks one target of the configuration: `{ kind: "landing", dir }` or `{ kind: "landing", webHdfsUrl, user, folder }`.
 *
 * @param path Where the value stands, such as `targets.landing`; every error begins with it and the field.
 * @param baseDir What a relative `dir` is relative to; default the process's working directory.
 * @throws MillraceError of kind `usage`.
 */
export function landingConfig(value: unknown, path: string, baseDir = "."): LandingConfig {
  const fields = object(value, path)
  onlyKnown(fields, known, path)
  if (fields["kind"] !== "landing") throw wrong(`${path}.kind`, 'must be "landing"')
  const periodMinutes = whole(fields["periodMinutes"], `${path}.periodMinutes`, 60, 1, 1440)
  if (1440 % periodMinutes !== 0) throw wrong(`${path}.periodMinutes`, "must divide a day, such as 5, 60 or 1440")
  const doneFlag = fields["doneFlag"] ?? "_SUCCESS"
  if (typeof doneFlag !== "string" || !/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$/.test(doneFlag)) {
    throw wrong(`${path}.doneFlag`, "must be a plain file name, such as _SUCCESS")
  }
  return {
    kind: "landing",
    place: placeOf(fields, path, baseDir),
    format: formatOf(fields["format"], `${path}.format`),
    periodMinutes,
    doneFlag,
    timeoutMs: whole(fields["timeoutMs"], `${path}.timeoutMs`, 20_000, 100, 600_000),
  }
}

function placeOf(fields: Readonly<Record<string, unknown>>, path: string, baseDir: string): LandingPlace {
  const { dir, webHdfsUrl, webHdfsUrls, user, folder } = fields
  if (dir !== undefined) {
    const other = ["webHdfsUrl", "webHdfsUrls", "user", "folder"].find((name) => fields[name] !== undefined)
    if (other !== undefined) throw wrong(`${path}.${other}`, "has no meaning beside dir")
    if (typeof dir !== "string" || dir === "" || dir.includes("\0"))
      throw wrong(`${path}.dir`, "must be the path of a folder")
    return { kind: "disk", dir: isAbsolute(dir) ? dir : resolve(baseDir, dir) }
  }
  if ((webHdfsUrl === undefined) === (webHdfsUrls === undefined)) {
    throw wrong(path, "needs one of dir, webHdfsUrl and webHdfsUrls")
  }
  const urls = webHdfsUrl === undefined ? webHdfsUrls : [webHdfsUrl]
  const where = `${path}.${webHdfsUrl === undefined ? "webHdfsUrls" : "webHdfsUrl"}`
  if (!Array.isArray(urls) || urls.length === 0) throw wrong(where, "must be a list of at least one URL")
  if (typeof user !== "string" || !/^\w[\w.@-]*$/.test(user))
    throw wrong(`${path}.user`, "must be the name of a user of HDFS")
  if (typeof folder !== "string" || !/^(\/[\w.@+=-]+)+$/.test(folder) || /\/\.{1,2}(\/|$)/.test(folder)) {
    throw wrong(`${path}.folder`, "must be an absolute path on HDFS")
  }
  return { kind: "hdfs", urls: urls.map((url) => checkedUrl(url, where)), user, folder }
}

function checkedUrl(value: unknown, path: string): string {
  const url = typeof value === "string" && URL.canParse(value) ? new URL(value) : undefined
  if (
    url === undefined ||
    (url.protocol !== "http:" && url.protocol !== "https:") ||
    url.search !== "" ||
    url.hash !== ""
  ) {
    throw wrong(path, "must be a URL that begins with http:// or https:// and ends with /webhdfs/v1")
  }
  if (url.username !== "" || url.password !== "") throw wrong(path, "must not hold user and password")
  return url.href
}

function formatOf(value: unknown, path: string): LandingFormat {
  if (value === undefined) return { kind: "json-lines" }
  const fields = object(value, path)
  if (fields["kind"] === "json-lines") {
    onlyKnown(fields, ["kind"], path)
    return { kind: "json-lines" }
  }
  if (fields["kind"] !== "delimited") throw wrong(`${path}.kind`, 'must be "json-lines" or "delimited"')
  onlyKnown(fields, ["kind", "delimiter", "columns", "header", "formulas"], path)
  const { delimiter = ",", header = false, formulas = "guard" } = fields
  if (typeof delimiter !== "string" || ![",", ";", "|", "\t", "\u0001"].includes(delimiter)) {
    throw wrong(`${path}.delimiter`, 'must be one of "," ";" "|", tab and U+0001')
  }
  if (typeof header !== "boolean") throw wrong(`${path}.header`, "must be true or false")
  if (formulas !== "guard" && formulas !== "keep") throw wrong(`${path}.formulas`, 'must be "guard" or "keep"')
  return { kind: "delimited", delimiter, header, formulas, columns: columnsOf(fields["columns"], `${path}.columns`) }
}

function columnsOf(value: unknown, path: string): Readonly<Record<string, readonly string[]>> {
  const columns = object(value, path)
  for (const [collection, names] of Object.entries(columns)) {
    const isList = Array.isArray(names) && names.length > 0 && names.every((name) => typeof name === "string")
    if (!isList) throw wrong(`${path}.${collection}`, "must be a list of fields")
  }
  return columns as Readonly<Record<string, readonly string[]>>
}

function object(value: unknown, path: string): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw wrong(path, "must be an object")
  return value as Readonly<Record<string, unknown>>
}

function onlyKnown(fields: Readonly<Record<string, unknown>>, names: readonly string[], path: string): void {
  const stranger = Object.keys(fields).find((name) => !names.includes(name))
  if (stranger !== undefined) throw wrong(`${path}.${stranger}`, `is not a setting here; there are ${names.join(", ")}`)
}

function whole(value: unknown, path: string, otherwise: number, least: number, most: number): number {
  if (value === undefined) return otherwise
  if (typeof value !== "number" || !Number.isInteger(value) || value < least || value > most) {
    throw wrong(path, `must be a whole number from ${least} to ${most}`)
  }
  return value
}

function wrong(path: string, what: string): MillraceError {
  return new MillraceError(`${path} ${what}.`, { kind: "usage" })
}
