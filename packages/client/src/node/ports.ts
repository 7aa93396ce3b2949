import { silentLog, systemClock, systemRandom } from "@millrace/ports"
import { WebSocket } from "ws"
import type { RelayOptions, WorkspaceOptions } from "../options.ts"
import type { Platform, WorkspacePorts } from "../platform.ts"
import type { RelayConnection } from "../relay/relay-connection.ts"
import { leaseRelay, type RelayLease } from "../relay/shared-relay.ts"

/** What the options leave out is Node's, with `ws` for sockets and memory for storage. */
export function nodePorts(options: RelayOptions & Pick<WorkspaceOptions<never>, "indexedDB">): WorkspacePorts {
  const platform: Platform = {
    WebSocket: options.WebSocket ?? WebSocket,
    indexedDB: options.indexedDB ?? undefined,
    // One listener a document on `exit` makes Node warn of a leak after ten; there is no presence to take back.
    tidy: (provider) => void process.off("exit", provider._exitHandler),
    onWake: () => () => {},
  }
  return {
    platform,
    clock: options.clock ?? systemClock,
    random: options.random ?? systemRandom,
    log: options.log ?? silentLog,
  }
}

export function nodeLease(options: RelayOptions): RelayLease<RelayConnection> & WorkspacePorts {
  const ports = nodePorts(options)
  const { url, token } = options
  const { platform, clock, random, log } = ports
  return { ...ports, ...leaseRelay({ url, token, WebSocket: platform.WebSocket, clock, random, log }) }
}
