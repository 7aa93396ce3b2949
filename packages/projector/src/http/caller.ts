import { MillraceError } from "@millrace/ports"

/** What a token may grant in a workspace, as the relay's tokens say it; each includes those before it. */
export type CallerRole = "read" | "write" | "publish" | "admin"

/** Who calls, as the token says. */
export interface Caller {
  /** Subject of the token: who did it, in journals and at targets. */
  readonly subject: string
  /** Undefined where the token grants nothing. */
  roleIn(workspace: string): string | undefined
  /** Whether it is an admin's for everything. */
  readonly isAdminOfAll: boolean
}

const ranks: readonly string[] = ["read", "write", "publish", "admin"] satisfies readonly CallerRole[]

/** Throws kind `forbidden` where the caller's role in the workspace does not include `needed`. */
export function mustBe(caller: Caller, workspace: string, needed: CallerRole): void {
  const role = caller.roleIn(workspace)
  if (role === undefined) {
    throw new MillraceError(`The token does not allow to read ${workspace}; ask for one that names it.`, {
      kind: "forbidden",
    })
  }
  // The projector's own role reads, and does nothing that a person must answer for.
  if (ranks.indexOf(role === "projector" ? "read" : role) >= ranks.indexOf(needed)) return
  throw new MillraceError(`This needs role ${needed} in ${workspace}, the token has ${role}; ask for one with it.`, {
    kind: "forbidden",
  })
}

/** Throws kind `forbidden` for anybody but an admin of everything: targets serve all workspaces. */
export function mustBeAdminOfAll(caller: Caller): void {
  if (caller.isAdminOfAll) return
  throw new MillraceError('Only a token with role admin for "*" may do this; ask for one.', { kind: "forbidden" })
}
