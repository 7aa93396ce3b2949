import type { Schema } from "@millrace/model"
import type { Workspace } from "../api.ts"
import type { WorkspaceOptions } from "../options.ts"
import { LocalWorkspace } from "../workspace/local-workspace.ts"
import { nodePorts } from "./ports.ts"

/**
 * Opens a workspace in Node: as in a browser, with `ws`, and in memory unless `indexedDB` is given.
 *
 * Without a local copy, `stored` is `durable`: what is not on the relay's disk is nowhere.
 */
export function openWorkspace<S extends Schema>(options: WorkspaceOptions<S>): Workspace<S> {
  return new LocalWorkspace(options, nodePorts(options))
}
