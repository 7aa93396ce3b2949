import { compareText, type PlainRecord } from "@millrace/model"
import type { RecordSource } from "./source.ts"
import { type NodeKind, nodeKinds, type TransitionKind, transitionKinds } from "./workflow-schema.ts"

/** A node with its transitions, read from records that may be anything. */
export interface WorkflowNode {
  readonly id: string
  readonly kind: NodeKind
  readonly name: string
  readonly order: string
  readonly record: PlainRecord
  /** Sorted as they are written: by kind, then order. */
  readonly transitions: readonly WorkflowTransition[]
}

export interface WorkflowTransition {
  readonly id: string
  readonly kind: TransitionKind
  /** Id of the node that it leads to, whether or not there is one. */
  readonly to: string | undefined
  readonly unresolved: string | undefined
  readonly condition: string
  readonly order: string
  readonly record: PlainRecord
}

/** The nodes of a workflow, in no order. */
export function nodesOf(source: RecordSource, workflow: string): readonly WorkflowNode[] {
  const transitions = new Map<string, WorkflowTransition[]>()
  for (const id of source.referring("workflowTransitions", "workflow", workflow)) {
    const record = source.get("workflowTransitions", id)
    if (record === undefined) continue
    const from = text(record["from"]) ?? ""
    const list = transitions.get(from)
    const made: WorkflowTransition = {
      id,
      kind: oneOf(transitionKinds, record["kind"], "path"),
      to: text(record["to"]),
      unresolved: text(record["unresolved"]),
      condition: text(record["condition"]) ?? "",
      order: text(record["order"]) ?? "",
      record,
    }
    if (list === undefined) transitions.set(from, [made])
    else list.push(made)
  }
  return source.referring("workflowNodes", "workflow", workflow).flatMap((id) => {
    const record = source.get("workflowNodes", id)
    if (record === undefined) return []
    return {
      id,
      kind: oneOf(nodeKinds, record["kind"], "action"),
      name: text(record["name"]) ?? "",
      order: text(record["order"]) ?? "",
      record,
      transitions: (transitions.get(id) ?? []).sort(byPlace),
    }
  })
}

function byPlace(a: WorkflowTransition, b: WorkflowTransition): number {
  return (
    transitionKinds.indexOf(a.kind) - transitionKinds.indexOf(b.kind) ||
    compareText(a.order, b.order) ||
    compareText(a.id, b.id)
  )
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined
}

function oneOf<T extends string>(known: readonly T[], value: unknown, otherwise: T): T {
  return known.find((each) => each === value) ?? otherwise
}
