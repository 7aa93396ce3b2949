/** What a token may grant in a workspace; each includes those before it, `projector` stands apart. */
export type Role = "read" | "write" | "publish" | "admin" | "projector"

export const roles: readonly Role[] = ["read", "write", "publish", "admin", "projector"]

export function isRole(text: string): text is Role {
  return (roles as readonly string[]).includes(text)
}

/** What a channel may do with the bytes of its document. */
export type Permission = "read" | "write"

/** Claim `workspaces` of a token: pattern (`name`, `prefix*` or `*`) to role. */
export type Grants = Readonly<Record<string, Role>>
