import { MillraceError } from "@millrace/ports"
import { type CryptoKey, importJWK, importSPKI, importX509, type JWK } from "jose"

/** Algorithms whose keys have a public half, which is all that the relay ever holds. */
export type PublicAlgorithm = "EdDSA" | "RS256"

/** Whoever issues tokens has the private half. */
export interface PublicTokenKey {
  readonly id: string
  readonly algorithm: PublicAlgorithm
  readonly publicKey: CryptoKey
}

/**
 * Reads a public key from text: PEM (SPKI or X.509 certificate) or one JWK.
 *
 * Rejects with kind `usage`, naming `what`, for anything else, a private key included: that has no business here.
 */
export async function readPublicKey(text: string, algorithm: PublicAlgorithm, what: string): Promise<CryptoKey> {
  const trimmed = text.trim()
  if (trimmed.includes("PRIVATE KEY")) throw privateKey(what)
  try {
    if (trimmed.startsWith("-----BEGIN CERTIFICATE")) return await importX509(trimmed, algorithm)
    if (trimmed.startsWith("-----")) return await importSPKI(trimmed, algorithm)
    return await importPublicJwk(JSON.parse(trimmed) as JWK, algorithm, what)
  } catch (cause) {
    if (cause instanceof MillraceError) throw cause
    throw new MillraceError(
      `${what} is no public key for ${algorithm}: give a PEM file (BEGIN PUBLIC KEY or BEGIN CERTIFICATE) or one JWK.`,
      { kind: "usage", cause },
    )
  }
}

/** Throws kind `usage` for a JWK that holds a private or a symmetric key, or is of another type than the algorithm's. */
export async function importPublicJwk(jwk: JWK, algorithm: PublicAlgorithm, what: string): Promise<CryptoKey> {
  if (jwk.d !== undefined || jwk.kty === "oct") throw privateKey(what)
  const key = await importJWK(jwk, algorithm)
  if (key instanceof Uint8Array) throw privateKey(what)
  return key
}

/** The algorithm that a JWK of a key set serves; undefined where it is none that the relay takes. */
export function algorithmOf(jwk: JWK): PublicAlgorithm | undefined {
  if (jwk.use !== undefined && jwk.use !== "sig") return undefined
  if (jwk.kty === "RSA" && (jwk.alg ?? "RS256") === "RS256") return "RS256"
  const edwards = jwk.alg === undefined || jwk.alg === "EdDSA" || jwk.alg === "Ed25519"
  return jwk.kty === "OKP" && jwk.crv === "Ed25519" && edwards ? "EdDSA" : undefined
}

function privateKey(what: string): MillraceError {
  return new MillraceError(`${what} is a private or symmetric key; give the relay the public key alone.`, {
    kind: "usage",
  })
}
