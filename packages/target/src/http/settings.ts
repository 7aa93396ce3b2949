import { type SecretSource, secretSource } from "../secret-source.ts"
import { onlyKnown, settingsObject, settingText, wrongSetting } from "../settings.ts"

export type HttpAuth =
  | { readonly kind: "none" }
  | { readonly kind: "basic"; readonly user: string; readonly password: SecretSource }
  | { readonly kind: "bearer"; readonly token: SecretSource }

export interface HttpTls {
  readonly caFile?: string
  readonly certFile?: string
  readonly keyFile?: string
  readonly keyPassphrase?: SecretSource
  readonly serverName?: string
}

/** `url` or `urls`: http or https, without user, password, query and fragment. */
export function urlsOf(fields: Readonly<Record<string, unknown>>, path: string): readonly string[] {
  const { url, urls } = fields as { url?: unknown; urls?: unknown }
  if ((url === undefined) === (urls === undefined)) throw wrongSetting(path, "needs either url or urls")
  if (url !== undefined) return [checkedUrl(url, `${path}.url`)]
  if (!Array.isArray(urls) || urls.length === 0)
    throw wrongSetting(`${path}.urls`, "must be a list of at least one URL")
  return urls.map((one, at) => checkedUrl(one, `${path}.urls[${at}]`))
}

function checkedUrl(value: unknown, path: string): string {
  const url = typeof value === "string" && URL.canParse(value) ? new URL(value) : undefined
  if (url === undefined || (url.protocol !== "http:" && url.protocol !== "https:")) {
    throw wrongSetting(path, "must be a URL that begins with http:// or https://")
  }
  // Not repeated in the message: it may hold a password.
  if (url.username !== "" || url.password !== "") throw wrongSetting(path, "must not hold user and password; use auth")
  if (url.search !== "" || url.hash !== "") throw wrongSetting(path, "must not hold a query or a fragment")
  return url.href
}

/** `auth`; left out: none. */
export function authOf(value: unknown, path: string): HttpAuth {
  if (value === undefined) return { kind: "none" }
  const fields = settingsObject(value, path)
  switch (fields["kind"]) {
    case "none":
      onlyKnown(fields, ["kind"], path)
      return { kind: "none" }
    case "basic":
      onlyKnown(fields, ["kind", "user", "password"], path)
      return {
        kind: "basic",
        user: settingText(fields["user"], `${path}.user`),
        password: secretSource(fields["password"], `${path}.password`),
      }
    case "bearer":
      onlyKnown(fields, ["kind", "token"], path)
      return { kind: "bearer", token: secretSource(fields["token"], `${path}.token`) }
    default:
      throw wrongSetting(`${path}.kind`, 'must be "none", "basic" or "bearer"')
  }
}

/** `tls`; left out: the system's authorities. */
export function tlsOf(value: unknown, path: string): HttpTls {
  if (value === undefined) return {}
  const fields = settingsObject(value, path)
  onlyKnown(fields, ["caFile", "certFile", "keyFile", "keyPassphrase", "serverName"], path)
  const tls: Record<string, unknown> = {}
  for (const name of ["caFile", "certFile", "keyFile", "serverName"]) {
    if (fields[name] !== undefined) tls[name] = settingText(fields[name], `${path}.${name}`)
  }
  if (fields["keyPassphrase"] !== undefined) {
    tls["keyPassphrase"] = secretSource(fields["keyPassphrase"], `${path}.keyPassphrase`)
  }
  return tls
}
