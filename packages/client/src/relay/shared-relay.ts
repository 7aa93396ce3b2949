import { RelayConnection, type RelayConnectionOptions } from "./relay-connection.ts"

export interface RelayLease {
  readonly relay: RelayConnection
  /** Idempotent; the last one to release closes the socket. */
  release(): void
}

interface Shared {
  readonly options: RelayConnectionOptions
  readonly relay: RelayConnection
  users: number
}

const open = new Set<Shared>()

/** One socket for all that name the same relay and the same token, by value or by function, with the same ports. */
export function leaseRelay(options: RelayConnectionOptions): RelayLease {
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

function start(options: RelayConnectionOptions): Shared {
  const shared = { options, relay: new RelayConnection(options), users: 0 }
  open.add(shared)
  // One that was refused helps nobody who comes later, perhaps with a grant that has been given meanwhile.
  shared.relay.watch((state) => {
    if (state === "refused") open.delete(shared)
  })
  return shared
}

function sameRelay(a: RelayConnectionOptions, b: RelayConnectionOptions): boolean {
  return (
    a.url === b.url &&
    a.token === b.token &&
    a.WebSocket === b.WebSocket &&
    a.clock === b.clock &&
    a.random === b.random
  )
}
