import { playHistories } from "@millrace/model/suite"
import type { Campaign, CampaignContext, CampaignOutcome } from "../campaign.ts"

const saidEvery = 500

/** Random histories of records with every kind of field, against an independent reference; a round is a history. */
export const recordsCampaign: Campaign = {
  name: "records",
  about: "random histories of records on five replicas: no lost edit, leak, silent drop or zombie, all agree",
  defaultRounds: 10_000,
  run: runRecords,
}

export async function runRecords({ rounds, seed, signal, say }: CampaignContext): Promise<CampaignOutcome> {
  let counts: Readonly<Record<string, number>> = {}
  let problems: readonly string[] = []
  for (const { problems: found, ...so } of playHistories({ seed, histories: rounds })) {
    counts = so
    problems = found
    if (so.histories % saidEvery === 0)
      say(`${so.histories} histories, ${so.operations} operations, ${found.length} problems`)
    // A signal is heard between two histories.
    await new Promise((resolve) => setImmediate(resolve))
    if (signal.aborted) break
  }
  return { counts: { ...counts }, figures: {}, problems: [...problems] }
}
