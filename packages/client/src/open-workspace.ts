import type { Schema } from "@millrace/model"
import { silentLog, systemClock, systemRandom } from "@millrace/ports"
import type { Workspace } from "./api.ts"
import { browserPlatform } from "./browser-platform.ts"
import type { WorkspaceOptions } from "./options.ts"
import { LocalWorkspace } from "./workspace/local-workspace.ts"

/**
 * Opens a workspace in a browser, at once: it can be read and written before anything is loaded or connected.
 *
 * `ready` tells when the local copy is loaded; the relay is dialled after that, and again for as long as it is open.
 * One call a page and workspace; tabs of one browser share the local copy and reach each other through the relay.
 *
 * @throws MillraceError `invalid` for a name that is none, `unsupported` where the platform lacks what it needs.
 */
export function openWorkspace<S extends Schema>(options: WorkspaceOptions<S>): Workspace<S> {
  return new LocalWorkspace(options, {
    platform: browserPlatform(options),
    clock: options.clock ?? systemClock,
    random: options.random ?? systemRandom,
    log: options.log ?? silentLog,
  })
}
