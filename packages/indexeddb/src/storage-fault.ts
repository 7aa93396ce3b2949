import { MillraceError, messageOf, type Retry } from "@millrace/ports"

/**
 * What the browser's database did.
 *
 * - `quota` no room; the transaction was aborted
 * - `aborted` a transaction failed for another reason
 * - `blocked` another page holds an older connection open; goes on once that page lets go
 * - `superseded` another page deletes or upgrades the database; this connection was given up for good
 * - `closed` the browser closed the connection (site data cleared, frozen tab); it is opened again
 * - `unopened` the database did not open; tried again
 * - `corrupt` rows do not decode; they stay where they are
 */
export type StorageFaultCause = "quota" | "aborted" | "blocked" | "superseded" | "closed" | "unopened" | "corrupt"

const advice: Readonly<Record<StorageFaultCause, string>> = {
  quota: "has no room left; free storage, unsaved edits are kept in memory and tried again",
  aborted: "aborted a transaction; unsaved edits are kept in memory and tried again",
  blocked: "waits for another page of this site; close or reload the other tabs",
  superseded: "was deleted or upgraded by another page; reload this page",
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
