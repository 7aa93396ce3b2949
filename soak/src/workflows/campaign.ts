import { playWorkflowHistories, sampleWorkflow } from "@millrace/target-oozie/suite"
import { seededRandom } from "@millrace/testkit"
import type { Campaign, CampaignContext, CampaignOutcome } from "../campaign.ts"

const saidEvery = 500

/** Random histories of one workflow that replicas edit offline; a round is a history. */
export const workflowsCampaign: Campaign = {
  name: "workflows",
  about:
    "a workflow edited offline on three replicas: the merge is what each meant or a reported problem, never invalid",
  defaultRounds: 5_000,
  run: runWorkflows,
}

export async function runWorkflows({ rounds, seed, signal, say }: CampaignContext): Promise<CampaignOutcome> {
  let counts: Readonly<Record<string, number>> = {}
  let problems: readonly string[] = []
  const options = { seed, histories: rounds, workflow: sampleWorkflow, random: seededRandom }
  for (const { problems: found, ...so } of playWorkflowHistories(options)) {
    counts = so
    problems = found
    if (so.histories % saidEvery === 0)
      say(`${so.histories} histories, ${so.operations} edits, ${found.length} problems`)
    await new Promise((resolve) => setImmediate(resolve))
    if (signal.aborted) break
  }
  return { counts: { ...counts }, figures: {}, problems: [...problems] }
}
