import { type Clock, MillraceError } from "@millrace/ports"
import { decodeProtectedHeader, errors, type JWTPayload, jwtVerify, SignJWT } from "jose"

/** A secret shared by whoever signs tokens and the relay. */
export interface TokenKey {
  readonly id: string
  readonly algorithm: "HS256"
  readonly secret: Uint8Array
}

/** What a good token says. */
export interface Claims {
  readonly subject: string
  readonly expiresAtMs: number
  /** Pattern to role, as signed: a role is looked at where its pattern is used. */
  readonly workspaces: Readonly<Record<string, string>>
}

/** Answers what a token says, or rejects with kind `unauthenticated`; the message never contains the token. */
export interface Verifier {
  verify(token: string): Promise<Claims>
}

export interface TokenRequest {
  readonly key: TokenKey
  readonly subject: string
  /** Pattern (`name`, `prefix*` or `*`) to role. */
  readonly workspaces: Readonly<Record<string, string>>
  readonly expiresAtMs: number
}

/** A compact JWT; it names its key in `kid`. */
export function signToken(request: TokenRequest): Promise<string> {
  return new SignJWT({ workspaces: request.workspaces })
    .setProtectedHeader({ alg: request.key.algorithm, kid: request.key.id })
    .setSubject(request.subject)
    .setExpirationTime(Math.ceil(request.expiresAtMs / 1000))
    .sign(request.key.secret)
}

/** Verifies against the key that the token names, or against each in turn where it names none. */
export function createVerifier(keys: readonly TokenKey[], clock: Clock): Verifier {
  return {
    async verify(token) {
      let refusal: unknown = new Error("no key fits")
      for (const key of keysFor(token, keys)) {
        try {
          const options = {
            algorithms: [key.algorithm],
            requiredClaims: ["sub", "exp"],
            currentDate: new Date(clock.nowMs()),
          }
          return claimsOf((await jwtVerify(token, key.secret, options)).payload)
        } catch (cause) {
          if (cause instanceof MillraceError) throw cause
          refusal = cause
        }
      }
      throw refused(refusal)
    },
  }
}

function keysFor(token: string, keys: readonly TokenKey[]): readonly TokenKey[] {
  try {
    const { kid } = decodeProtectedHeader(token)
    return kid === undefined ? keys : keys.filter((key) => key.id === kid)
  } catch (cause) {
    throw new MillraceError("The token is no JWT; ask for a new one.", { kind: "unauthenticated", cause })
  }
}

function claimsOf(payload: JWTPayload): Claims {
  const { sub, exp } = payload
  const workspaces = payload["workspaces"]
  if (sub === undefined || exp === undefined || !isStringRecord(workspaces)) {
    throw new MillraceError(
      "The token lacks a claim: it needs `sub`, `exp` and `workspaces`, an object of pattern and role.",
      { kind: "unauthenticated" },
    )
  }
  return { subject: sub, expiresAtMs: exp * 1000, workspaces }
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
