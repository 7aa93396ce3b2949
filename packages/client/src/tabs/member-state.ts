/**
 * What a tab is among the tabs that share one socket.
 *
 * - `idle` nobody has wanted the relay yet
 * - `naming` a token is asked for, which says whose socket may be shared
 * - `pausing` none could be had; the back-off runs
 * - `seeking` waits for its turn to lead, or for a leader's word
 * - `following` its channels go through the leader
 * - `leading` it holds the socket
 * - `refused` the relay said no for good
 * - `closed` for good, by us
 */
export type MemberState = "idle" | "naming" | "pausing" | "seeking" | "following" | "leading" | "refused" | "closed"

/**
 * `want` somebody needs the relay, `named` the token told whose socket it is, `unnamed` there was no token, `timer` the back-off ended, `welcomed` a
 * leader took this tab in, `unled` the leader went or is silent, `elected` this tab holds the lock, `deposed` the lock was taken from it, `regroup` its
 * token is another person's now, `refuse` and `close` end it.
 */
export type MemberEvent =
  | "want"
  | "named"
  | "unnamed"
  | "timer"
  | "welcomed"
  | "unled"
  | "elected"
  | "deposed"
  | "regroup"
  | "refuse"
  | "close"

export const memberStates: readonly MemberState[] = [
  "idle",
  "naming",
  "pausing",
  "seeking",
  "following",
  "leading",
  "refused",
  "closed",
]
export const memberEvents: readonly MemberEvent[] = [
  "want",
  "named",
  "unnamed",
  "timer",
  "welcomed",
  "unled",
  "elected",
  "deposed",
  "regroup",
  "refuse",
  "close",
]

type Row = Readonly<Record<MemberEvent, MemberState>>

function row(state: MemberState, moves: Partial<Row>): Row {
  const stay = Object.fromEntries(memberEvents.map((event) => [event, state])) as Row
  return { ...stay, refuse: "refused", close: "closed", ...moves }
}

// The lock alone makes a leader: what other tabs claim never ends one's own turn. Late events change nothing.
const table: Readonly<Record<MemberState, Row>> = {
  idle: row("idle", { want: "naming" }),
  naming: row("naming", { named: "seeking", unnamed: "pausing" }),
  pausing: row("pausing", { timer: "naming" }),
  seeking: row("seeking", { welcomed: "following", elected: "leading" }),
  following: row("following", { unled: "seeking", elected: "leading" }),
  leading: row("leading", { deposed: "seeking", regroup: "naming" }),
  refused: row("refused", {}),
  closed: row("closed", { refuse: "closed" }),
}

export function nextMemberState(state: MemberState, event: MemberEvent): MemberState {
  return table[state][event]
}
