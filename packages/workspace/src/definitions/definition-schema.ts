import type { Plain } from "./fields.ts"
import { type ScheduleCollections, scheduleCollections } from "./schedule-schema.ts"
import { type WorkflowCollections, workflowCollections } from "./workflow-schema.ts"

/** Everything that a scheduler is told: each collection in its domain's own file. */
export type DefinitionCollections = Plain<WorkflowCollections & ScheduleCollections>

export const definitionCollections: DefinitionCollections = { ...workflowCollections, ...scheduleCollections }

/** Collections whose records are documents: one record, with what belongs to it, is one file. */
export const documentCollections = ["workflows", "coordinators", "bundles", "datasetDefinitions"] as const
export type DocumentCollection = (typeof documentCollections)[number]
