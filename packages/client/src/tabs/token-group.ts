import { canonicalJson, sha256Hex } from "@millrace/model"

/** What a token says beside what changes at every signing. */
const passing: ReadonlySet<string> = new Set(["exp", "iat", "nbf", "jti"])

export interface TokenGroup {
  /** Equal for tokens that may share a socket: the same person with the same grants. No secret. */
  readonly name: string
  /** Who the token speaks for, undefined where it cannot be read. */
  readonly subject: string | undefined
}

/** Whose socket a token may share. Nothing is verified: the relay does that, with the token of whoever dials. */
export function groupOf(token: string): TokenGroup {
  const claims = claimsOf(token)
  if (claims === undefined) return { name: sha256Hex(token).slice(0, 32), subject: undefined }
  const lasting = Object.fromEntries(Object.entries(claims).filter(([name]) => !passing.has(name)))
  const { iss, sub } = claims
  return {
    name: sha256Hex(canonicalJson(lasting)).slice(0, 32),
    subject: JSON.stringify([iss ?? null, sub ?? null]),
  }
}

/** Claims of a JWT; undefined where they cannot be read. */
export function claimsOf(token: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const payload = (token.split(".")[1] ?? "").replaceAll("-", "+").replaceAll("_", "/")
    const bytes = Uint8Array.from(atob(payload), (char) => char.codePointAt(0) ?? 0)
    const claims: unknown = JSON.parse(new TextDecoder().decode(bytes))
    return typeof claims === "object" && claims !== null ? (claims as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
