import type { Clock, Log, Random } from "@millrace/ports"
import type { Store } from "@millrace/store"
import type { Revocations } from "../access/revocations.ts"
import type { Verifier } from "../access/token.ts"
import type { Catalogue } from "../catalogue/catalogue.ts"
import type { Compactor } from "../compact/compactor.ts"
import type { Guard } from "../guard/guard.ts"
import type { Limits } from "../limits.ts"
import type { Metrics } from "../metrics/metrics.ts"
import type { Rooms } from "../room/rooms.ts"
import type { Followers } from "./followers.ts"
import type { Outlet } from "./outlet.ts"

/** What every socket and request of a process shares. */
export interface Session {
  readonly store: Store
  readonly rooms: Rooms
  readonly followers: Followers
  readonly outlet: Outlet
  readonly catalogue: Catalogue
  readonly revocations: Revocations
  /** Refuses what was revoked, too. */
  readonly verifier: Verifier
  readonly guard: Guard
  readonly metrics: Metrics
  readonly compactor: Compactor
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly limits: Limits
}
