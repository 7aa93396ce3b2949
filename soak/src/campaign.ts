/** What a campaign is given. */
export interface CampaignContext {
  readonly rounds: number
  readonly seed: number
  /** Aborted when somebody wants it to stop: the round under way is finished, no other begins. */
  readonly signal: AbortSignal
  /** An empty folder of the campaign's own, removed after it. */
  readonly folder: string
  /** A line for whoever watches. */
  readonly say: (line: string) => void
}

/** What a campaign found. */
export interface CampaignOutcome {
  /** What was done and what was found wrong, as whole numbers. */
  readonly counts: Readonly<Record<string, number>>
  /** Measurements; names end in their units. */
  readonly figures: Readonly<Record<string, number>>
  /** One line each, enough to repeat it; empty when all was well. */
  readonly problems: readonly string[]
}

export interface Campaign {
  readonly name: string
  /** For `--help`: what a round is. */
  readonly about: string
  readonly defaultRounds: number
  /** Rejects only when it could not go on at all; what it found wrong is in `problems`. */
  run(context: CampaignContext): Promise<CampaignOutcome>
}
