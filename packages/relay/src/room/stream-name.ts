import { parseWorkspaceRef, type WorkspaceRef } from "@millrace/protocol"

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
