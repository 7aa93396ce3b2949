import { MillraceError } from "@millrace/ports"
import type { Workspace } from "./api.ts"
import type { Schema } from "@millrace/model"
import type { WorkspaceOptions } from "./options.ts"

/** Opens a workspace at once; `ready` tells when the local copy is loaded. */
export function openWorkspace<S extends Schema>(options: WorkspaceOptions<S>): Workspace<S> {
  throw new MillraceError(`openWorkspace(${options.name}) is being built.`, { kind: "unsupported" })
}
