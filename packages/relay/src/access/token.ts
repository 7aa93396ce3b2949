import { type Clock, MillraceError } from "@millrace/ports"
import { type CryptoKey, decodeProtectedHeader, errors, type JWTPayload, jwtVerify, SignJWT } from "jose"
import type { KeySource } from "./key-set.ts"
import type { PublicTokenKey } from "./public-key.ts"

/** A secret shared by whoever signs tokens and the relay. */
export interface TokenKey {
  readonly id: string
  readonly algorithm: "HS256"
  readonly secret: Uint8Array
}

/** A key that verifies tokens. */
export type VerifyKey = TokenKey | PublicTokenKey

/** What a good token says. */
export interface Claims {
  readonly subject: string
  readonly expiresAtMs: number
  /** Pattern to role, as signed: a role is looked at where its pattern is used. */
  readonly workspaces: Readonly<Record<string, string>>
  /** Claim `jti`, by which one token can be revoked. */
  readonly tokenId?: string | undefined
  /** Claim `iat`; a token without one counts as older than any revocation of its subject. */
  readonly issuedAtMs?: number | undefined
}

/** Answers what a token says, or rejects with kind `unauthenticated`; the message never contains the token. */
export interface Verifier {
  verify(token: string): Promise<Claims>
}

export interface VerifierOptions {
  /** Keys that are read when needed, asked where none of the given ones fits. */
  readonly keySource?: KeySource | undefined
  /** Claim `iss` of a token that somebody else signed, with a public key here, must be this, where given. */
  readonly issuer?: string | undefined
  /** The same for claim `aud`, which must be or contain this. */
  readonly audience?: string | undefined
  /** A token that expires later from now is refused, so that a revocation need not be kept for ever. */
  readonly maxTokenLifeMs?: number | undefined
}

export interface TokenRequest {
  readonly key: TokenKey
  readonly subject: string
  /** Pattern (`name`, `prefix*` or `*`) to role. */
  readonly workspaces: Readonly<Record<string, string>>
  readonly expiresAtMs: number
  /** By which this one token can be revoked. */
  readonly tokenId?: string
  /** Needed for a token that is to outlive a revocation of its subject. */
  readonly issuedAtMs?: number
}

/** Longest life of a token that is taken unless told otherwise, and so the time for which a revocation is kept. */
export const defaultMaxTokenLifeMs: number = 400 * 86_400_000

/** A compact JWT; it names its key in `kid`. */
export function signToken(request: TokenRequest): Promise<string> {
  const { key, subject, workspaces, expiresAtMs, tokenId, issuedAtMs } = request
  const token = new SignJWT({ workspaces })
    .setProtectedHeader({ alg: key.algorithm, kid: key.id })
    .setSubject(subject)
    .setExpirationTime(Math.ceil(expiresAtMs / 1000))
  if (tokenId !== undefined) token.setJti(tokenId)
  if (issuedAtMs !== undefined) token.setIssuedAt(Math.floor(issuedAtMs / 1000))
  return token.sign(key.secret)
}

/**
 * Verifies against the key that the token names, or against each in turn where it names none; each key with its own
 * algorithm alone.
 */
export function createVerifier(keys: readonly VerifyKey[], clock: Clock, options: VerifierOptions = {}): Verifier {
  const { keySource, issuer, audience, maxTokenLifeMs = defaultMaxTokenLifeMs } = options
  const check = async (token: string, key: VerifyKey): Promise<Claims> => {
    const rules = {
      algorithms: key.algorithm === "EdDSA" ? ["EdDSA", "Ed25519"] : [key.algorithm],
      requiredClaims: ["sub", "exp"],
      currentDate: new Date(clock.nowMs()),
      ...(issuer === undefined || "secret" in key ? {} : { issuer }),
      ...(audience === undefined || "secret" in key ? {} : { audience }),
    }
    const material: Uint8Array | CryptoKey = "secret" in key ? key.secret : key.publicKey
    return claimsOf((await jwtVerify(token, material, rules)).payload)
  }
  return {
    async verify(token) {
      const kid = keyIdOf(token)
      const known = kid === undefined ? keys : keys.filter((key) => key.id === kid)
      const asked = known.length > 0 && kid !== undefined ? [] : ((await keySource?.keysFor(kid)) ?? [])
      let refusal: unknown = new Error("no key fits")
      for (const key of [...known, ...asked]) {
        try {
          const claims = await check(token, key)
          if (claims.expiresAtMs - clock.nowMs() <= maxTokenLifeMs) return claims
        } catch (cause) {
          if (cause instanceof MillraceError) throw cause
          refusal = cause
          // A signature that fits settles which key it is: what is wrong then is wrong with the token.
          if (cause instanceof errors.JWTExpired || cause instanceof errors.JWTClaimValidationFailed) break
          continue
        }
        throw new MillraceError(
          `The token lives longer than the ${Math.floor(maxTokenLifeMs / 86_400_000)} days that are taken; ask for a shorter one.`,
          { kind: "unauthenticated" },
        )
      }
      throw refused(refusal)
    },
  }
}

function keyIdOf(token: string): string | undefined {
  try {
    return decodeProtectedHeader(token).kid
  } catch (cause) {
    throw new MillraceError("The token is no JWT; ask for a new one.", { kind: "unauthenticated", cause })
  }
}

function claimsOf(payload: JWTPayload): Claims {
  const { sub, exp, jti, iat } = payload
  const workspaces = payload["workspaces"]
  if (sub === undefined || exp === undefined || !isStringRecord(workspaces)) {
    throw new MillraceError(
      "The token lacks a claim: it needs `sub`, `exp` and `workspaces`, an object of pattern and role.",
      { kind: "unauthenticated" },
    )
  }
  const issuedAtMs = iat === undefined ? undefined : iat * 1000
  return { subject: sub, expiresAtMs: exp * 1000, workspaces, tokenId: jti, issuedAtMs }
}

function isStringRecord(value: unknown): value is Readonly<Record<string, string>> {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((role) => typeof role === "string")
  )
}

function refused(cause: unknown): MillraceError {
  if (cause instanceof errors.JWTExpired) return expired()
  const why =
    cause instanceof errors.JWSSignatureVerificationFailed
      ? "is signed with another key"
      : cause instanceof errors.JWTClaimValidationFailed
        ? `has no good claim \`${cause.claim}\``
        : "cannot be verified"
  return new MillraceError(`The token ${why}; ask for a new one.`, { kind: "unauthenticated", cause })
}

/** The refusal of a token whose time is over, at the handshake or on a live socket. */
export function expired(): MillraceError {
  return new MillraceError("The token has expired; ask for a new one.", { kind: "unauthenticated" })
}
