/**
 * A create that is about to be sent to a server which assigns ids, written to the journal before it is.
 *
 * Where the answer is lost, the target finds by `marker` what the create made, and does not make it again.
 */
export interface Intent {
  readonly eventId: string
  /** An external id, a name, a path: what the target can look for. Chosen by `prepare`, kept for every repeat. */
  readonly marker: string
  /** Calls before this one that may have taken effect. Above 0, also after a takeover: look first, then create. */
  readonly attempts: number
}
