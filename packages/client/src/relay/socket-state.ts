/**
 * Life of the one socket to a relay.
 *
 * - `idle` nobody has wanted it yet
 * - `dialing` a token is fetched and a socket opened
 * - `greeting` the socket is open, the relay has not said hello
 * - `ready` channels can be opened
 * - `waiting` lost; the back-off runs
 * - `refused` the relay said no for good
 * - `closed` for good, by us
 */
export type SocketState = "idle" | "dialing" | "greeting" | "ready" | "waiting" | "refused" | "closed"

export type SocketEvent = "want" | "open" | "hello" | "lost" | "timer" | "refuse" | "close"

export const socketStates: readonly SocketState[] = [
  "idle",
  "dialing",
  "greeting",
  "ready",
  "waiting",
  "refused",
  "closed",
]
export const socketEvents: readonly SocketEvent[] = ["want", "open", "hello", "lost", "timer", "refuse", "close"]

// A late event of a socket already given up changes nothing.
const table: Readonly<Record<SocketState, Readonly<Record<SocketEvent, SocketState>>>> = {
  idle: {
    want: "dialing",
    open: "idle",
    hello: "idle",
    lost: "idle",
    timer: "idle",
    refuse: "idle",
    close: "closed",
  },
  dialing: {
    want: "dialing",
    open: "greeting",
    hello: "dialing",
    lost: "waiting",
    timer: "waiting",
    refuse: "refused",
    close: "closed",
  },
  greeting: {
    want: "greeting",
    open: "greeting",
    hello: "ready",
    lost: "waiting",
    timer: "waiting",
    refuse: "refused",
    close: "closed",
  },
  ready: {
    want: "ready",
    open: "ready",
    hello: "ready",
    lost: "waiting",
    timer: "waiting",
    refuse: "refused",
    close: "closed",
  },
  waiting: {
    want: "waiting",
    open: "waiting",
    hello: "waiting",
    lost: "waiting",
    timer: "dialing",
    refuse: "refused",
    close: "closed",
  },
  refused: {
    want: "refused",
    open: "refused",
    hello: "refused",
    lost: "refused",
    timer: "refused",
    refuse: "refused",
    close: "closed",
  },
  closed: {
    want: "closed",
    open: "closed",
    hello: "closed",
    lost: "closed",
    timer: "closed",
    refuse: "closed",
    close: "closed",
  },
}

/** `timer` is the deadline of the state: for an answer while dialing, greeting and ready, the back-off's end while waiting. */
export function nextSocketState(state: SocketState, event: SocketEvent): SocketState {
  return table[state][event]
}
