import { MillraceError } from "@millrace/ports"
import { formatWorkspaceRef, parseWorkspaceRef, type WorkspaceRef } from "@millrace/protocol"

/** Every update log's stream begins so. */
export const logPrefix = "log/"

/** The stream of a workspace's update log; the generation is always written, so no name is another's beginning. */
export function streamOf(ref: WorkspaceRef): string {
  return `${logPrefix}${ref.name}${ref.status ? "~status" : ""}@${ref.generation}`
}

/** The inverse of `streamOf`; undefined for a stream that is no update log. */
export function refOf(stream: string): WorkspaceRef | undefined {
  if (!stream.startsWith(logPrefix)) return undefined
  try {
    return parseWorkspaceRef(stream.slice(logPrefix.length))
  } catch {
    return undefined
  }
}

/** Nothing resets a workspace yet, so each is in its first generation. */
export const currentGeneration = 1

/** Throws kind `generation` where the workspace, or the copy of it at hand (0 = none), is of another generation. */
export function checkGeneration(ref: WorkspaceRef, copyGeneration: number): void {
  if (ref.generation === currentGeneration && (copyGeneration === 0 || copyGeneration === currentGeneration)) return
  throw new MillraceError(
    `${formatWorkspaceRef({ ...ref, generation: 1 })} is in generation ${currentGeneration}; export this copy and load the workspace anew.`,
    { kind: "generation" },
  )
}
