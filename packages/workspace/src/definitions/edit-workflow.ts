import { compareText, type Records, type Schema } from "@millrace/model"
import { MillraceError } from "@millrace/ports"
import type { Content } from "./content.ts"
import { orderBetween } from "./order-keys.ts"
import { sourceOf } from "./source.ts"
import { nodesOf, type WorkflowNode } from "./workflow-graph.ts"

/** An action to put into a workflow. Its id and its transitions' must be new ones. */
export interface NewAction {
  readonly id: string
  readonly name: string
  /** Its element, such as `shell`. */
  readonly action: string
  readonly actionAttributes?: Readonly<Record<string, string>>
  readonly body: readonly Content[]
  /** Node for its errors. */
  readonly errorTo: string
}

interface Rows {
  put(id: string, row: Readonly<Record<string, unknown>>): boolean
  update(id: string, patch: Readonly<Record<string, unknown>>): boolean
  delete(id: string): boolean
  get(id: string): Readonly<Record<string, unknown>> | undefined
}

function rows<S extends Schema>(records: Records<S>, collection: string): Rows {
  return records.collection<string>(collection)
}

/**
 * Puts an action in the middle of a transition: what the transition led to comes after the action.
 *
 * @throws MillraceError `not-found` where there is no such transition or it leads nowhere.
 */
export function insertAction<S extends Schema>(records: Records<S>, transition: string, action: NewAction): void {
  const given = rows(records, "workflowTransitions").get(transition)
  const { workflow, from, to } = given ?? {}
  if (typeof workflow !== "string" || typeof from !== "string" || typeof to !== "string") {
    throw new MillraceError(`The transition "${transition}" leads nowhere: choose another.`, { kind: "not-found" })
  }
  const { id, name, action: tag, actionAttributes, body, errorTo } = action
  records.transact(() => {
    const order = orderBehind(records, workflow, from)
    rows(records, "workflowNodes").put(id, {
      workflow,
      kind: "action",
      name,
      order,
      action: tag,
      ...(actionAttributes === undefined ? {} : { actionAttributes }),
      ...(body.length === 0 ? {} : { body }),
    })
    const transitions = rows(records, "workflowTransitions")
    transitions.put(`${id}>ok`, { workflow, from: id, kind: "ok", to, order: "a0" })
    transitions.put(`${id}>error`, { workflow, from: id, kind: "error", to: errorTo, order: "a1" })
    transitions.update(transition, { to: id })
  })
}

/** Renames a node; every transition follows, since it names the node's id. */
export function renameNode<S extends Schema>(records: Records<S>, id: string, name: string): boolean {
  return rows(records, "workflowNodes").update(id, { name })
}

/** Lets a transition lead to another node. */
export function moveTransition<S extends Schema>(records: Records<S>, id: string, to: string): boolean {
  return rows(records, "workflowTransitions").update(id, { to, unresolved: undefined })
}

/**
 * Deletes a node and lets what led to it lead to where it went on, all in one transaction.
 *
 * @throws MillraceError `conflict` for a node with more than one way on, or none: move the transitions that lead to it
 *   first.
 */
export function deleteNode<S extends Schema>(records: Records<S>, id: string): void {
  const workflow = rows(records, "workflowNodes").get(id)?.["workflow"]
  if (typeof workflow !== "string") return
  const node = nodesOf(sourceOf(records), workflow).find((each) => each.id === id)
  const next = node === undefined ? undefined : wayOn(node)
  const incoming = records.referring("workflowTransitions", "to", id)
  if (incoming.length > 0 && (next === undefined || next === id)) {
    throw new MillraceError(
      `The node "${node?.name ?? id}" was not deleted: ${incoming.length} transitions lead to it and it has no single way on. Move those first.`,
      { kind: "conflict" },
    )
  }
  records.transact(() => {
    for (const each of incoming) {
      if (next !== undefined) moveTransition(records, each, next)
    }
    rows(records, "workflowNodes").delete(id)
  })
}

function wayOn({ kind, transitions }: WorkflowNode): string | undefined {
  const on = transitions.filter((each) => each.kind === "ok" || each.kind === "join")
  return (kind === "action" || kind === "join") && on.length === 1 ? on[0]?.to : undefined
}

function orderBehind<S extends Schema>(records: Records<S>, workflow: string, id: string): string {
  const orders = nodesOf(sourceOf(records), workflow)
    .filter(({ kind }) => kind !== "end")
    .map((node) => ({ id: node.id, order: node.order }))
    .sort((a, b) => compareText(a.order, b.order))
  const own = orders.find((each) => each.id === id)?.order
  return orderBetween(own, orders.find(({ order }) => own !== undefined && compareText(order, own) > 0)?.order)
}
