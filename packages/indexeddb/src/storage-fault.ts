import { MillraceError, messageOf, type Retry } from "@millrace/ports"

/**
 * What the browser's database did.
 *
 * - `quota` no room; the transaction was aborted
 * - `aborted` a transaction failed for another reason
 * - `blocked` another page holds an older connection open; goes on once that page lets go
 * - `superseded` another page upgrades the database to what this one does not know; this connection was given up for good
 * - `deleted` another page deletes the database; it is made again, from what this page has and from the relay
 * - `evicted` what this browser had kept is gone: cleared, or given up for room
 * - `truncated` the last rows that were written are gone; they are fetched from the relay, unless only this browser had them
 * - `closed` the browser closed the connection (site data cleared, frozen tab); it is opened again
 * - `unopened` the database did not open; tried again
 * - `corrupt` rows do not decode; they stay where they are
 */
export type StorageFaultCause =
  | "quota"
  | "aborted"
  | "blocked"
  | "superseded"
  | "closed"
  | "unopened"
  | "corrupt"
  | "deleted"
  | "evicted"
  | "truncated"

const advice: Readonly<Record<StorageFaultCause, string>> = {
  quota: "has no room left; free storage, unsaved edits are kept in memory and tried again",
  aborted: "aborted a transaction; unsaved edits are kept in memory and tried again",
  blocked: "waits for another page of this site; close or reload the other tabs",
  superseded: "was upgraded by another page; reload this page",
  deleted: "was deleted by another page; it is made again, and rewritten with what this page has",
  evicted:
    "was emptied since this workspace was last open; what the relay has is fetched again, edits it never got are gone",
  truncated: "lost the last of what was written, perhaps by a power cut; what the relay has is fetched again",
  closed: "was closed by the browser; it is opened again and rewritten",
  unopened: "did not open; tried again, edits are kept in memory until then",
  corrupt: "holds rows that do not decode; they are left alone, the relay's copy is used",
}

/** A failure of the browser's storage: kind `storage`, with what happened and the database it happened to. */
export class StorageFault extends MillraceError {
  readonly fault: StorageFaultCause
  readonly database: string

  constructor(fault: StorageFaultCause, database: string, cause?: unknown) {
    const retry: Retry = fault === "superseded" || fault === "corrupt" ? "never" : "now"
    const detail = cause === undefined || cause === null ? "" : ` (${messageOf(cause)})`
    super(`The browser database "${database}" ${advice[fault]}${detail}.`, { kind: "storage", retry, cause })
    this.fault = fault
    this.database = database
  }
}

/** The fault of an aborted transaction; a full disk aborts with an error named `QuotaExceededError`. */
export function faultOfAbort(database: string, error: unknown): StorageFault {
  const name = error instanceof Object && "name" in error ? error.name : ""
  return new StorageFault(name === "QuotaExceededError" ? "quota" : "aborted", database, error)
}

/** A connection lost without an event answers every transaction like this. */
export function isLostConnection(thrown: unknown): boolean {
  return thrown instanceof Object && "name" in thrown && thrown.name === "InvalidStateError"
}
