/** Bounds and waits of a projector; each has a default. */
export interface ProjectorLimits {
  /** Wait after a first touch before changes are derived, so that a burst of edits is one version. */
  readonly deriveDelayMs: number
  /** Workspaces followed at once; further ones are named as errors. */
  readonly maxWorkspaces: number
  /** Longest time of one call to a target. */
  readonly callDeadlineMs: number
  /** Longest time of one `check` of a target. */
  readonly checkDeadlineMs: number
  /** First and longest wait between attempts, before jitter. */
  readonly retryBaseMs: number
  readonly retryMaxMs: number
  /** Failures in a row after which a target is asked with `check` before anything is sent to it again. */
  readonly failuresToOpen: number
  /** Attempts for an answer that nothing explains before its record is isolated. */
  readonly maxUnexplained: number
  /** Status documents are written at most this often. */
  readonly statusDelayMs: number
  /** Exceptions kept in one status document; watermarks stand still while there are more. */
  readonly maxExceptions: number
  /** Longest time that closing waits for calls under way before it aborts them. */
  readonly closeGraceMs: number
  /** Writes of a record without a person, within `brakeWindowMs`, after which it stops. */
  readonly maxAutomaticWrites: number
  /** Of these, so many that write the same again. */
  readonly maxRepeatedWrites: number
  readonly brakeWindowMs: number
  /** A document that was opened for write-backs is closed after this much silence. */
  readonly writerIdleMs: number
  /** Records that one call looks at, before a batch is sent. */
  readonly maxLookRecords: number
  /** Journal entries after which the view is kept as a snapshot and the entries before it are dropped. */
  readonly maxJournalEntries: number
}

export const defaultLimits: ProjectorLimits = {
  deriveDelayMs: 50,
  maxWorkspaces: 1_000,
  callDeadlineMs: 30_000,
  checkDeadlineMs: 5_000,
  retryBaseMs: 200,
  retryMaxMs: 30_000,
  failuresToOpen: 5,
  maxUnexplained: 5,
  statusDelayMs: 100,
  maxExceptions: 10_000,
  closeGraceMs: 3_000,
  maxAutomaticWrites: 20,
  maxRepeatedWrites: 4,
  brakeWindowMs: 24 * 3_600_000,
  writerIdleMs: 60_000,
  maxLookRecords: 500,
  maxJournalEntries: 20_000,
}
