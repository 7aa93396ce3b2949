import type { Tabs } from "@millrace/indexeddb"
import { TabRelay } from "../tabs/tab-relay.ts"
import { RelayConnection, type RelayConnectionOptions } from "./relay-connection.ts"
import type { RelayLink } from "./relay-link.ts"

export interface SharedRelayOptions extends RelayConnectionOptions {
  /** Those that share the socket too; undefined where this process is alone. */
  readonly tabs?: Tabs | undefined
}

export interface RelayLease<L extends RelayLink = RelayLink> {
  readonly relay: L
  /** Idempotent; the last one to release closes the socket. */
  release(): void
}

interface Shared {
  readonly options: SharedRelayOptions
  readonly relay: RelayLink
  users: number
}

const open = new Set<Shared>()

/**
 * One socket for all that name the same relay and the same token, by value or by function, with the same ports; with `tabs`, one for all tabs whose tokens
 * may share it.
 */
export function leaseRelay(options: RelayConnectionOptions & { readonly tabs?: undefined }): RelayLease<RelayConnection>
export function leaseRelay(options: SharedRelayOptions): RelayLease
export function leaseRelay(options: SharedRelayOptions): RelayLease {
  const shared = [...open].find((each) => sameRelay(each.options, options)) ?? start(options)
  shared.users += 1
  let released = false
  return {
    relay: shared.relay,
    release: () => {
      if (released) return
      released = true
      shared.users -= 1
      if (shared.users > 0) return
      open.delete(shared)
      shared.relay.close()
    },
  }
}

function start(options: SharedRelayOptions): Shared {
  const { tabs } = options
  const relay = tabs === undefined ? new RelayConnection(options) : new TabRelay({ ...options, tabs })
  const shared = { options, relay, users: 0 }
  open.add(shared)
  // One that was refused helps nobody who comes later, perhaps with a grant that has been given meanwhile.
  relay.watch((state) => {
    if (state === "refused") open.delete(shared)
  })
  return shared
}

function sameRelay(a: SharedRelayOptions, b: SharedRelayOptions): boolean {
  return (
    a.url === b.url &&
    a.token === b.token &&
    a.WebSocket === b.WebSocket &&
    a.clock === b.clock &&
    a.random === b.random &&
    a.tabs === b.tabs
  )
}
