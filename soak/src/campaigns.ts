import { captureCampaign } from "./capture/campaign.ts"
import type { Campaign } from "./campaign.ts"
import { framesCampaign } from "./frames/campaign.ts"
import { projectorCampaign } from "./projector/campaign.ts"
import { recordsCampaign } from "./records/campaign.ts"
import { relayCampaign } from "./relay/campaign.ts"
import { slowLinkCampaign } from "./slow-link/campaign.ts"
import { stacksCampaign } from "./stacks/campaign.ts"
import { workflowsCampaign } from "./workflows/campaign.ts"

/** Every campaign that `npm run soak` knows. */
export const campaigns: readonly Campaign[] = [
  relayCampaign,
  slowLinkCampaign,
  recordsCampaign,
  projectorCampaign,
  framesCampaign,
  stacksCampaign,
  captureCampaign,
  workflowsCampaign,
]
