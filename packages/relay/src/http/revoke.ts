import { MillraceError } from "@millrace/ports"
import { checkAdminOfAll } from "../access/grants.ts"
import type { Revocation, RevocationRequest } from "../access/revocations.ts"
import type { Claims } from "../access/token.ts"
import { type Answer, jsonAnswer } from "./answer.ts"
import { readJsonBody } from "./read-body.ts"
import type { RouteContext } from "./route.ts"

const maxIdChars = 512

/** Durable, and every socket of the token or subject closed, before the answer. */
export async function revoke({ session, request }: RouteContext, claims: Claims): Promise<Answer> {
  checkAdminOfAll(claims)
  const revocation = await session.revocations.revoke(requestIn(await readJsonBody(request)), claims.subject)
  return jsonAnswer(200, shown(revocation))
}

export function listRevocations({ session }: RouteContext, claims: Claims): Answer {
  checkAdminOfAll(claims)
  return jsonAnswer(200, { revocations: session.revocations.list().map(shown) })
}

function requestIn({ tokenId, subject, ...others }: Readonly<Record<string, unknown>>): RevocationRequest {
  const extra = Object.keys(others)[0]
  if (extra !== undefined) throw new MillraceError(`"${extra.slice(0, 40)}" is not known here.`, { kind: "invalid" })
  if (isId(tokenId) && subject === undefined) return { tokenId }
  if (isId(subject) && tokenId === undefined) return { subject }
  throw new MillraceError("Name what is revoked: `tokenId` (claim jti) or `subject`, one of them, as text.", {
    kind: "invalid",
  })
}

function isId(value: unknown): value is string {
  return typeof value === "string" && value.length > 0 && value.length <= maxIdChars
}

function shown(revocation: Revocation): Revocation {
  return revocation
}
