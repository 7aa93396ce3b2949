import type { RecordId } from "./observation.ts"

/** How something that runs is doing, in words that every target shares. */
export type RunState =
  | "waiting"
  | "running"
  | "suspended"
  | "succeeded"
  | "failed"
  | "killed"
  | "timed-out"
  | "skipped"
  | "unknown"

export interface RunPart {
  readonly name: string
  /** `action`, `instance`, `task`, ... */
  readonly kind: string
  readonly state: RunState
  /** The target's own word for it. */
  readonly rawState: string
  readonly remoteId?: string
  /** The time that the run stands for, of coordinators and instances. */
  readonly nominalAtMs?: number
  readonly startedAtMs?: number
  readonly endedAtMs?: number
  /** Why it failed; where its log is. One line for people. */
  readonly detail?: string
  readonly url?: string
}

/** Whether what was agreed on is kept. */
export interface RunSla {
  readonly state: "waiting" | "met" | "missed"
  readonly expectedEndMs?: number
  readonly detail?: string
}

/** The last run of a record in the target; goes into the status document, so it is small. */
export interface RunReport extends RecordId, RunPart {
  /** The latest first, at most `maxRunParts`; further ones are had from the target itself. */
  readonly parts?: readonly RunPart[]
  readonly sla?: RunSla
  /** Names of the actions that make sense now. */
  readonly actions?: readonly string[]
}

/** Parts of one report that are kept. */
export const maxRunParts = 20

export interface RunReports {
  readonly reports: readonly RunReport[]
  /** Only when true has a record without a report no run. */
  readonly complete: boolean
}
