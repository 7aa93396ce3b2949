import type { ConnectionState } from "./api.ts"

/**
 * What happens to a document's link: `dial` an attempt begins, `open` the relay opened its channel, `lose` it ended and may come back, `refuse` it
 * ended for good.
 */
export type LinkEvent = "dial" | "open" | "lose" | "refuse"

export const connectionStates: readonly ConnectionState[] = ["offline", "connecting", "online", "refused"]
export const linkEvents: readonly LinkEvent[] = ["dial", "open", "lose", "refuse"]

const table: Readonly<Record<ConnectionState, Readonly<Record<LinkEvent, ConnectionState>>>> = {
  offline: { dial: "connecting", open: "online", lose: "offline", refuse: "refused" },
  connecting: { dial: "connecting", open: "online", lose: "offline", refuse: "refused" },
  online: { dial: "online", open: "online", lose: "offline", refuse: "refused" },
  refused: { dial: "refused", open: "refused", lose: "refused", refuse: "refused" },
}

export function nextConnectionState(state: ConnectionState, event: LinkEvent): ConnectionState {
  return table[state][event]
}
