import { type Clock, MillraceError } from "@millrace/ports"
import type { Limits } from "../limits.ts"
import { Meter } from "./meter.ts"

/** Gives a place back; idempotent. */
export type Leave = () => void

/**
 * Counts who is here and how much they send, by address, user and workspace, and refuses what is over the limits with kind
 * `rate-limited` and the time after which it can succeed.
 */
export class Guard {
  readonly #limits: Limits
  readonly #addresses: Meter
  readonly #users: Meter
  readonly #workspaces: Meter

  constructor(clock: Clock, limits: Limits) {
    this.#limits = limits
    const user = {
      messages: { perSecond: limits.userMessagesPerSecond, burst: limits.userMessageBurst },
      bytes: { perSecond: limits.userBytesPerSecond, burst: limits.userByteBurst },
    }
    this.#addresses = new Meter(clock, limits.maxConnectionsPerAddress, user)
    this.#users = new Meter(clock, limits.maxConnectionsPerUser, user)
    this.#workspaces = new Meter(clock, limits.maxChannelsPerWorkspace, {
      messages: { perSecond: limits.workspaceMessagesPerSecond, burst: limits.workspaceMessageBurst },
      bytes: { perSecond: limits.workspaceBytesPerSecond, burst: limits.workspaceByteBurst },
    })
  }

  /** A connection from an address, before anything else is looked at. */
  enterAddress(address: string): Leave {
    return enter(this.#addresses, address, `${this.#limits.maxConnectionsPerAddress} connections from one address`)
  }

  enterUser(subject: string): Leave {
    return enter(this.#users, subject, `${this.#limits.maxConnectionsPerUser} connections of one user`)
  }

  /** A replica or follower of a workspace. */
  enterWorkspace(name: string): Leave {
    return enter(this.#workspaces, name, `${this.#limits.maxChannelsPerWorkspace} channels into one workspace`)
  }

  /** A message of a user's, before it is looked into. */
  passUser(subject: string, bytes: number): void {
    check(this.#users.take(subject, bytes), "this user sends")
  }

  /** A frame for a workspace. */
  passWorkspace(name: string, bytes: number): void {
    check(this.#workspaces.take(name, bytes), "is sent to this workspace")
  }
}

/** How long whoever found no place should wait. */
const placeRetryMs = 5000

function enter(meter: Meter, key: string, limit: string): Leave {
  if (!meter.enter(key)) {
    throw new MillraceError(`There may be ${limit}, and there are; close one, or come back later.`, {
      kind: "rate-limited",
      retry: { afterMs: placeRetryMs },
    })
  }
  let left = false
  return () => {
    if (left) return
    left = true
    meter.leave(key)
  }
}

function check(afterMs: number, who: string): void {
  if (afterMs === 0) return
  throw new MillraceError(`More ${who} than the relay takes; go on in ${afterMs} ms.`, {
    kind: "rate-limited",
    retry: { afterMs },
  })
}
