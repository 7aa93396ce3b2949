import type { Clock } from "@millrace/ports"
import type { Store } from "../store.ts"

/** A place where a driver keeps its data, to be opened again and again. */
export interface Subject {
  /** Opens the store at this place; what an earlier opening stored is there. Leases run out by `clock`, or the machine's. */
  open(clock?: Clock): Promise<Store>
}

/** One rule of the contract; `run` rejects where the driver breaks it. */
export interface StoreCase {
  readonly topic: "streams" | "snapshots" | "leases"
  readonly title: string
  readonly run: () => Promise<void>
}

/** Makes a case of a body that gets an open store at a new place; the store is closed behind it. */
export type On = (title: string, body: (store: Store, subject: Subject) => Promise<void>) => Omit<StoreCase, "topic">
