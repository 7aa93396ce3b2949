export { playWorkflowHistories, type WorkflowHistoriesOptions, type WorkflowHistoriesOutcome } from "./histories.ts"
export { printedFaults } from "./printed-faults.ts"
export { sampleWorkflow } from "./sample.ts"
