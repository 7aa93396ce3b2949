import { MillraceError } from "@millrace/ports"
import { isWorkspaceName } from "@millrace/protocol"

/** What is true of a workspace beside its log; one that nobody has touched is in generation 1. */
export interface WorkspaceState {
  readonly workspace: string
  readonly generation: number
  /** Generation before the last reset; 0 where there was none. */
  readonly before: number
  /** Set while it is deleted; its log is kept. */
  readonly deleted?: { readonly timeMs: number; readonly by: string } | undefined
  /** True while an import is under way or was cut: nobody may open it before the import is done. */
  readonly importing?: boolean | undefined
}

export function untouched(workspace: string): WorkspaceState {
  return { workspace, generation: 1, before: 0 }
}

export function encodeState(state: WorkspaceState): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(state))
}

/** Throws kind `corrupt` for bytes that are no state. */
export function decodeState(payload: Uint8Array): WorkspaceState {
  try {
    const value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(payload)) as Partial<WorkspaceState>
    const { workspace, generation, before, deleted, importing } = value
    if (workspace === undefined || !isWorkspaceName(workspace)) throw new TypeError("it names no workspace")
    if (!isCount(generation, 1) || !isCount(before, 0)) throw new TypeError("it names no generation")
    return { workspace, generation, before, deleted, importing }
  } catch (cause) {
    throw new MillraceError("An entry of the catalogue does not decode; restore the data folder from a backup.", {
      kind: "corrupt",
      cause,
    })
  }
}

function isCount(value: unknown, least: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= least
}
