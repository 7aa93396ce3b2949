import { MillraceError } from "@millrace/ports"
import { type SecretSource, secretSource } from "@millrace/target"

export type FlumeAuth =
  | { readonly kind: "none" }
  | { readonly kind: "basic"; readonly user: string; readonly password: SecretSource }
  | { readonly kind: "bearer"; readonly token: SecretSource }

export interface FlumeTls {
  readonly caFile?: string
  readonly certFile?: string
  readonly keyFile?: string
  readonly keyPassphrase?: SecretSource
  readonly serverName?: string
}

/** A Flume target as the configuration has it, defaults filled in. */
export interface FlumeConfig {
  readonly kind: "flume"
  /** HTTP sources that feed the same channel's readers; the first is preferred. */
  readonly urls: readonly string[]
  /** Bounds one call; must exceed the channel's `keep-alive`, which is 3 s by default. */
  readonly timeoutMs: number
  readonly maxBatchChanges: number
  readonly maxBatchBytes: number
  /** Events above this are refused before sending: Flume accepts one over 64 MB and never reads its channel again. */
  readonly maxEventBytes: number
  /** The source itself knows no users; this is for a proxy before it. */
  readonly auth: FlumeAuth
  readonly tls: FlumeTls
}

const known = ["kind", "url", "urls", "timeoutMs", "maxBatchChanges", "maxBatchBytes", "maxEventBytes", "auth", "tls"]

/**
 * Checks one target of the configuration: `{ kind: "flume", url | urls, timeoutMs?, maxBatchChanges?, ... }`.
 *
 * @param path Where the value stands, such as `targets.events`; every error begins with it and the field.
 * @throws MillraceError of kind `usage`.
 */
export function flumeConfig(value: unknown, path: string): FlumeConfig {
  const fields = object(value, path)
  onlyKnown(fields, known, path)
  if (fields["kind"] !== "flume") throw wrong(`${path}.kind`, 'must be "flume"')
  return {
    kind: "flume",
    urls: urlsOf(fields, path),
    timeoutMs: whole(fields["timeoutMs"], `${path}.timeoutMs`, 20_000, 100, 600_000),
    maxBatchChanges: whole(fields["maxBatchChanges"], `${path}.maxBatchChanges`, 500, 1, 10_000),
    maxBatchBytes: whole(fields["maxBatchBytes"], `${path}.maxBatchBytes`, 4_000_000, 1000, 32_000_000),
    maxEventBytes: whole(fields["maxEventBytes"], `${path}.maxEventBytes`, 8_000_000, 1000, 32_000_000),
    auth: authOf(fields["auth"], `${path}.auth`),
    tls: tlsOf(fields["tls"], `${path}.tls`),
  }
}

function urlsOf(fields: Readonly<Record<string, unknown>>, path: string): readonly string[] {
  const { url, urls } = fields as { url?: unknown; urls?: unknown }
  if ((url === undefined) === (urls === undefined)) throw wrong(path, "needs either url or urls")
  if (url !== undefined) return [checkedUrl(url, `${path}.url`)]
  if (!Array.isArray(urls) || urls.length === 0) throw wrong(`${path}.urls`, "must be a list of at least one URL")
  return urls.map((one, at) => checkedUrl(one, `${path}.urls[${at}]`))
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

function authOf(value: unknown, path: string): FlumeAuth {
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

function tlsOf(value: unknown, path: string): FlumeTls {
  if (value === undefined) return {}
  const fields = object(value, path)
  onlyKnown(fields, ["caFile", "certFile", "keyFile", "keyPassphrase", "serverName"], path)
  const tls: Record<string, unknown> = {}
  for (const name of ["caFile", "certFile", "keyFile", "serverName"]) {
    if (fields[name] !== undefined) tls[name] = text(fields[name], `${path}.${name}`)
  }
  if (fields["keyPassphrase"] !== undefined) {
    tls["keyPassphrase"] = secretSource(fields["keyPassphrase"], `${path}.keyPassphrase`)
  }
  return tls
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
