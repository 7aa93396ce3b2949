import { isAbsolute, resolve } from "node:path"
import { MillraceError } from "@millrace/ports"
import { type SecretSource, secretSource } from "@millrace/target"

export type OozieAuth =
  | { readonly kind: "none" }
  | { readonly kind: "basic"; readonly user: string; readonly password: SecretSource }
  | { readonly kind: "bearer"; readonly token: SecretSource }

/**
 * Whom Oozie sees when somebody asks for something.
 *
 * - `doAs` our user, acting for whoever asked; Oozie must allow it to (`oozie.service.ProxyUserService.proxyuser`)
 * - `service` our user
 */
export type ActAs = "doAs" | "service"

/** An Oozie target as the configuration has it, defaults filled in. */
export interface OozieConfig {
  readonly kind: "oozie"
  /** Each ends with `/oozie`; the first is preferred, the others take over. */
  readonly urls: readonly string[]
  /** Of the NameNodes; each ends with `/webhdfs/v1`. */
  readonly webHdfsUrls: readonly string[]
  /** The file system as definitions name it, such as `hdfs://cluster`. */
  readonly nameNode: string
  /** Folder on HDFS for everything that is published: `/user/millrace/published`. */
  readonly folder: string
  /** Whom Oozie and HDFS take us for; the owner of published jobs. */
  readonly user: string
  readonly actAs: ActAs
  /** Put into the configuration of every job, below what stands in the definition's properties file. */
  readonly properties: Readonly<Record<string, string>>
  /** Local folder, absolute: what lies in it under a definition's folder is uploaded beside it (`lib/`, scripts). */
  readonly filesDir: string | undefined
  readonly timeoutMs: number
  readonly auth: OozieAuth
}

const known = [
  "kind",
  "url",
  "urls",
  "webHdfsUrl",
  "webHdfsUrls",
  "nameNode",
  "folder",
  "user",
  "actAs",
  "properties",
  "filesDir",
  "timeoutMs",
  "auth",
]

/**
 * Checks one target of the configuration: `{ kind: "oozie", url, webHdfsUrl, nameNode, user, ... }`.
 *
 * @param path Where the value stands, such as `targets.oozie`; every error begins with it and the field.
 * @param baseDir What a relative `filesDir` is relative to; default the process's working directory.
 * @throws MillraceError of kind `usage`.
 */
export function oozieConfig(value: unknown, path: string, baseDir = "."): OozieConfig {
  const fields = object(value, path)
  onlyKnown(fields, known, path)
  if (fields["kind"] !== "oozie") throw wrong(`${path}.kind`, 'must be "oozie"')
  const user = text(fields["user"], `${path}.user`)
  if (!/^[\w][\w.@-]*$/.test(user)) throw wrong(`${path}.user`, "must be the name of a user of the cluster")
  const filesDir = fields["filesDir"] === undefined ? undefined : text(fields["filesDir"], `${path}.filesDir`)
  return {
    kind: "oozie",
    urls: urlsOf(fields, "url", path),
    webHdfsUrls: urlsOf(fields, "webHdfsUrl", path),
    nameNode: nameNodeOf(fields["nameNode"], `${path}.nameNode`),
    folder: folderOf(fields["folder"] ?? `/user/${user}/published`, `${path}.folder`),
    user,
    actAs: actAsOf(fields["actAs"], `${path}.actAs`),
    properties: propertiesOf(fields["properties"], `${path}.properties`),
    filesDir: filesDir === undefined || isAbsolute(filesDir) ? filesDir : resolve(baseDir, filesDir),
    timeoutMs: whole(fields["timeoutMs"], `${path}.timeoutMs`, 20_000, 100, 600_000),
    auth: authOf(fields["auth"], `${path}.auth`),
  }
}

function urlsOf(fields: Readonly<Record<string, unknown>>, name: string, path: string): readonly string[] {
  const [one, several] = [fields[name], fields[`${name}s`]]
  if ((one === undefined) === (several === undefined)) throw wrong(path, `needs either ${name} or ${name}s`)
  if (one !== undefined) return [checkedUrl(one, `${path}.${name}`)]
  if (!Array.isArray(several) || several.length === 0)
    throw wrong(`${path}.${name}s`, "must be a list of at least one URL")
  return several.map((each, at) => checkedUrl(each, `${path}.${name}s[${at}]`))
}

function checkedUrl(value: unknown, path: string): string {
  const url = typeof value === "string" && URL.canParse(value) ? new URL(value) : undefined
  if (url === undefined || (url.protocol !== "http:" && url.protocol !== "https:")) {
    throw wrong(path, "must be a URL that begins with http:// or https://")
  }
  // Not repeated in the message: it may hold a password.
  if (url.username !== "" || url.password !== "") throw wrong(path, "must not hold user and password; use auth")
  if (url.search !== "" || url.hash !== "") throw wrong(path, "must not hold a query or a fragment")
  return url.href
}

function nameNodeOf(value: unknown, path: string): string {
  if (typeof value !== "string" || !/^(hdfs|webhdfs|viewfs):\/\/[\w.:-]+$/.test(value)) {
    throw wrong(path, "must name the file system, such as hdfs://cluster or hdfs://namenode:8020")
  }
  return value
}

function folderOf(value: unknown, path: string): string {
  // A space or a % in an application's path is refused by Oozie.
  if (typeof value !== "string" || !/^(\/[\w.@+=-]+)+$/.test(value) || /\/\.{1,2}(\/|$)/.test(value)) {
    throw wrong(path, "must be an absolute path of letters, digits and . _ @ + = -")
  }
  return value
}

function actAsOf(value: unknown, path: string): ActAs {
  if (value === undefined) return "service"
  if (value === "doAs" || value === "service") return value
  throw wrong(path, 'must be "doAs" or "service"')
}

function propertiesOf(value: unknown, path: string): Readonly<Record<string, string>> {
  if (value === undefined) return {}
  const properties = object(value, path)
  for (const [name, text] of Object.entries(properties)) {
    if (typeof text !== "string") throw wrong(`${path}.${name}`, "must be a text")
  }
  return properties as Readonly<Record<string, string>>
}

function authOf(value: unknown, path: string): OozieAuth {
  if (value === undefined) return { kind: "none" }
  const fields = object(value, path)
  switch (fields["kind"]) {
    case "none":
      onlyKnown(fields, ["kind"], path)
      return { kind: "none" }
    case "basic":
      onlyKnown(fields, ["kind", "user", "password"], path)
      return {
        kind: "basic",
        user: text(fields["user"], `${path}.user`),
        password: secretSource(fields["password"], `${path}.password`),
      }
    case "bearer":
      onlyKnown(fields, ["kind", "token"], path)
      return { kind: "bearer", token: secretSource(fields["token"], `${path}.token`) }
    default:
      throw wrong(`${path}.kind`, 'must be "none", "basic" or "bearer"')
  }
}

function object(value: unknown, path: string): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw wrong(path, "must be an object")
  return value as Readonly<Record<string, unknown>>
}

function onlyKnown(fields: Readonly<Record<string, unknown>>, names: readonly string[], path: string): void {
  const stranger = Object.keys(fields).find((name) => !names.includes(name))
  if (stranger !== undefined) throw wrong(`${path}.${stranger}`, `is not a setting here; there are ${names.join(", ")}`)
}

function text(value: unknown, path: string): string {
  if (typeof value !== "string" || value === "") throw wrong(path, "must be a text that is not empty")
  return value
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
