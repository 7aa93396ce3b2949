import { MillraceError } from "@millrace/ports"
import { isRole, type Permission, type Role, type WorkspaceRef } from "@millrace/protocol"
import type { Claims } from "./token.ts"

export interface Grant {
  readonly role: Role
  readonly permission: Permission
}

/**
 * What the token allows in the workspace or its status document. The most specific pattern decides: the exact name,
 * then the longest prefix.
 *
 * Throws kind `forbidden` where no pattern fits or the one that fits names an unknown role.
 */
export function grantFor(claims: Claims, ref: WorkspaceRef): Grant {
  const pattern = patternFor(claims, ref.name)
  if (pattern === undefined) {
    throw new MillraceError(`The token grants nothing in ${ref.name}; ask for one that names it.`, {
      kind: "forbidden",
    })
  }
  const role = claims.workspaces[pattern] ?? ""
  if (!isRole(role)) {
    throw new MillraceError(
      `The token grants the unknown role "${role.slice(0, 40)}" in ${ref.name}; use read, write, publish, admin or projector.`,
      { kind: "forbidden" },
    )
  }
  return { role, permission: permissionOf(role, ref.status) }
}

/** The most that the token allows anywhere. */
export function strongestPermission(claims: Claims): Permission {
  return Object.values(claims.workspaces).some((role) => isRole(role) && role !== "read") ? "write" : "read"
}

/** Throws kind `forbidden` where the token is not for an admin of the workspace. */
export function checkAdmin(claims: Claims, ref: WorkspaceRef): void {
  if (isAdmin(claims, ref)) return
  throw new MillraceError(`Only role admin may do this in ${ref.name}; ask for a token with it.`, { kind: "forbidden" })
}

/** Throws kind `forbidden` where the token grants nothing there at all. */
export function isAdmin(claims: Claims, ref: WorkspaceRef): boolean {
  return grantFor(claims, ref).role === "admin"
}

/** Throws kind `forbidden` where the token is not for an admin of everything: its pattern is `*`. */
export function checkAdminOfAll(claims: Claims): void {
  if (claims.workspaces["*"] === "admin") return
  throw new MillraceError('Only a token with role admin for "*" may do this; ask for one.', { kind: "forbidden" })
}

/** The role that the token grants in the workspace; undefined where it grants none that is known. Never throws. */
export function roleFor(claims: Claims, name: string): Role | undefined {
  const role = claims.workspaces[patternFor(claims, name) ?? ""] ?? ""
  return isRole(role) ? role : undefined
}

/** Whether the token may read the workspace; never throws. */
export function mayRead(claims: Claims, name: string): boolean {
  return roleFor(claims, name) !== undefined
}

function permissionOf(role: Role, status: boolean): Permission {
  if (status) return role === "projector" ? "write" : "read"
  return role === "read" ? "read" : "write"
}

function patternFor(claims: Claims, name: string): string | undefined {
  let best: string | undefined
  for (const pattern of Object.keys(claims.workspaces)) {
    if (pattern === name) return pattern
    const fits = pattern.endsWith("*") && name.startsWith(pattern.slice(0, -1))
    if (fits && (best === undefined || pattern.length > best.length)) best = pattern
  }
  return best
}
