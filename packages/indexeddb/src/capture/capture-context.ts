import type { Clock } from "@millrace/ports"
import type { Natives } from "./natives.ts"
import type { OwnRequests } from "./own-requests.ts"
import type { TransactionRecorder } from "./transaction-recorder.ts"

/** What a captured connection knows of its database. */
export interface Connection {
  readonly database: string
  /** Stores with a journal; changes in upgrades alone. */
  readonly journaled: Set<string>
  /** The engine's version is this much above the application's. */
  readonly offset: number
}

/** What all captured objects of one capture share. */
export interface CaptureContext {
  readonly natives: Natives
  readonly own: OwnRequests
  readonly images: boolean
  readonly clock: Clock
  readonly connections: WeakMap<IDBDatabase, Connection>
  readonly recorders: WeakMap<IDBTransaction, TransactionRecorder>
  /** Begins to record a transaction that may write. */
  record(transaction: IDBTransaction, connection: Connection, upgrade?: { from: number; to: number }): void
  adopt(object: object): void
}
