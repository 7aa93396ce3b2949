export { type HistoriesOptions, type HistoriesOutcome, playHistories } from "./campaign.ts"
export { KindsHistory, type KindsOutcome } from "./history.ts"
export { type KindsSubject, type OpenKinds, realKinds } from "./subject.ts"
