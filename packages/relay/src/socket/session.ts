import type { Clock, Log } from "@millrace/ports"
import type { Store } from "@millrace/store"
import type { Limits } from "../limits.ts"
import type { Rooms } from "../room/rooms.ts"

/** What every socket of a process shares. */
export interface Session {
  readonly store: Store
  readonly rooms: Rooms
  readonly clock: Clock
  readonly log: Log
  readonly limits: Limits
}
