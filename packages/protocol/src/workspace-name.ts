import { MillraceError } from "@millrace/ports"

/** What the last part of `/sync/<workspace>` names. */
export interface WorkspaceRef {
  /** The plain name. */
  readonly name: string
  /** True for the status document `<name>~status`. */
  readonly status: boolean
  /** 1 where no `@<n>` is given. */
  readonly generation: number
}

const namePattern = /^[a-z0-9][a-z0-9._-]{0,63}$/
const refPattern = /^([^~@]+)(~status)?(?:@([1-9][0-9]{0,8}))?$/

export function isWorkspaceName(text: string): boolean {
  return namePattern.test(text)
}

/** Throws kind `invalid`, naming the rule, for anything else than a workspace, its status document or a generation. */
export function parseWorkspaceRef(text: string): WorkspaceRef {
  const match = refPattern.exec(text)
  const name = match?.[1]
  if (match === null || name === undefined || !isWorkspaceName(name)) {
    throw new MillraceError(
      `"${text.slice(0, 80)}" is no workspace name: use 1 to 64 of a-z, 0-9, ".", "_", "-", beginning with a letter or digit.`,
      { kind: "invalid" },
    )
  }
  return { name, status: match[2] !== undefined, generation: match[3] === undefined ? 1 : Number(match[3]) }
}

/** The inverse of `parseWorkspaceRef`; generation 1 is not written. */
export function formatWorkspaceRef(ref: WorkspaceRef): string {
  return `${ref.name}${ref.status ? "~status" : ""}${ref.generation === 1 ? "" : `@${ref.generation}`}`
}
