import { actionSchemas } from "./action-grammar.ts"
import { earlyWorkflowSchemas } from "./early-workflow-grammar.ts"
import type { SchemaGrammar } from "./grammar.ts"
import { scheduleSchemas } from "./schedule-grammar.ts"
import { workflowSchemas } from "./workflow-grammar.ts"

const all: Readonly<Record<string, SchemaGrammar>> = {
  ...earlyWorkflowSchemas,
  ...workflowSchemas,
  ...scheduleSchemas,
  ...actionSchemas,
}

/** The grammar of a namespace; undefined for extensions that only a server knows. */
export function schemaOf(namespace: string): SchemaGrammar | undefined {
  return Object.hasOwn(all, namespace) ? all[namespace] : undefined
}

/** Every namespace whose schema is known, sorted. */
export const schemaNames: readonly string[] = Object.keys(all).sort()
