import type { WorkflowNode } from "./workflow-graph.ts"

/** What is wrong with a definition, at the record that must be changed. */
export interface DefinitionProblem {
  readonly collection: string
  readonly id: string
  readonly field: string
  /** In the user's terms: what is wrong, and what to do. */
  readonly reason: string
}

export function called({ kind, name }: WorkflowNode): string {
  return kind === "start" ? "the start" : `the ${kind === "action" ? "action" : `${kind} node`} "${name}"`
}

export function at(node: WorkflowNode, field: string, reason: string): DefinitionProblem {
  return { collection: "workflowNodes", id: node.id, field, reason }
}
