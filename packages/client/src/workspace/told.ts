import { asMillraceError, type Log, MillraceError } from "@millrace/ports"
import type { Unsubscribe, WorkspaceStatus } from "../api.ts"
import { ChangedRecords } from "./changed-records.ts"
import { Coalesced } from "./coalesced.ts"

/** Who listens to a workspace. */
export class Told {
  readonly status: Coalesced<WorkspaceStatus>
  readonly records: ChangedRecords
  readonly #faults = new Set<(fault: MillraceError) => void>()
  readonly #workspace: string
  readonly #log: Log

  constructor(workspace: string, log: Log, status: () => WorkspaceStatus) {
    this.#workspace = workspace
    this.#log = log
    this.status = new Coalesced(status, this.bug)
    this.records = new ChangedRecords(this.bug)
  }

  /** A listener threw. */
  readonly bug = (thrown: unknown): void => this.fault(asMillraceError(thrown, "bug"))

  /** The browser's storage failed. */
  readonly storage = (thrown: unknown): void => this.fault(asMillraceError(thrown, "storage"))

  readonly fault = (fault: MillraceError): void => {
    this.#log.warn("workspace fault", { workspace: this.#workspace, kind: fault.kind, message: fault.message })
    for (const listener of this.#faults) listener(fault)
  }

  onFault(listener: (fault: MillraceError) => void): Unsubscribe {
    const own = (fault: MillraceError): void => listener(fault)
    this.#faults.add(own)
    return () => void this.#faults.delete(own)
  }

  /** Nobody hears of statuses any more; of faults until the end. */
  clear(): void {
    this.status.clear()
    this.records.clear()
  }
}

export function closedError(): MillraceError {
  return new MillraceError("The workspace was closed.", { kind: "closed" })
}
