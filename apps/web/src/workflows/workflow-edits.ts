import type { Workspace, WriteHandle } from "@millrace/client"
import { MillraceError, type Random, randomId } from "@millrace/ports"
import type { PlatformSchema, WorkflowNode } from "@millrace/workspace"
import { withBodyText } from "./body-text.ts"
import type { WorkflowView } from "./workflows.ts"

const namePattern = /^[A-Za-z_][\w-]{0,127}$/

/**
 * What a person can do to a workflow: each call is one transaction over the records that it means and no others, so that two
 * people at two nodes never meet. Throws kind `invalid` with a reason for people; nothing is written then.
 */
export class WorkflowEdits {
  readonly #workspace: Pick<Workspace<PlatformSchema>, "collection" | "transact">
  readonly #track: (stored: Promise<void>) => void
  readonly #random: Random

  constructor(
    workspace: Pick<Workspace<PlatformSchema>, "collection" | "transact">,
    track: (stored: Promise<void>) => void,
    random: Random,
  ) {
    this.#workspace = workspace
    this.#track = track
    this.#random = random
  }

  /** Transitions name nodes by id: all of them follow. */
  rename(view: WorkflowView, node: WorkflowNode, name: string): void {
    checkName(view, name, node.id)
    this.#watch(this.#workspace.collection("workflowNodes").update(node.id, { name }))
  }

  setMessage(node: WorkflowNode, message: string): void {
    this.#watch(this.#workspace.collection("workflowNodes").update(node.id, { message }))
  }

  setBodyText(node: WorkflowNode, path: readonly number[], text: string): void {
    const nodes = this.#workspace.collection("workflowNodes")
    const body = nodes.get(node.id)?.body ?? []
    this.#watch(nodes.update(node.id, { body: withBodyText(body, path, text) }))
  }

  /** Leads a transition to another node. */
  lead(transition: string, to: string): void {
    const transitions = this.#workspace.collection("workflowTransitions")
    this.#watch(
      this.#workspace.transact(() => {
        transitions.update(transition, { to })
        if (transitions.get(transition)?.unresolved !== undefined) transitions.removeField(transition, "unresolved")
      }),
    )
  }

  setCondition(transition: string, condition: string): void {
    this.#watch(this.#workspace.collection("workflowTransitions").update(transition, { condition }))
  }

  /** Puts an empty `fs` action between an action and where it goes on to; answers the new node's id. */
  insertAfter(view: WorkflowView, node: WorkflowNode, name: string): string {
    checkName(view, name, undefined)
    const ok = node.transitions.find(({ kind }) => kind === "ok" || kind === "start" || kind === "join")
    const to = ok?.to
    if (ok === undefined || to === undefined) {
      throw new MillraceError("This node leads nowhere yet: choose where it goes on to first.", { kind: "invalid" })
    }
    const failure = node.transitions.find(({ kind }) => kind === "error")?.to ?? killOf(view) ?? to
    const nodes = this.#workspace.collection("workflowNodes")
    const transitions = this.#workspace.collection("workflowTransitions")
    const id = `${view.id}/${randomId(this.#random, 12)}`
    const next = view.nodes[view.nodes.findIndex((each) => each.id === node.id) + 1]
    this.#watch(
      this.#workspace.transact(() => {
        nodes.put(id, {
          workflow: view.id,
          kind: "action",
          name,
          order: between(node.order, next?.order),
          action: "fs",
        })
        transitions.put(`${id}/ok`, { workflow: view.id, from: id, to, kind: "ok", order: "m" })
        transitions.put(`${id}/error`, { workflow: view.id, from: id, to: failure, kind: "error", order: "m" })
        transitions.update(ok.id, { to: id })
      }),
    )
    return id
  }

  /** Takes a node out; whatever led to it goes on to where the node went on to. */
  remove(view: WorkflowView, node: WorkflowNode): void {
    const onward = node.transitions.find(({ kind }) => kind === "ok" || kind === "join")?.to
    const incoming = view.nodes.flatMap(({ transitions }) => transitions.filter(({ to }) => to === node.id))
    if (incoming.length > 0 && (onward === undefined || onward === node.id)) {
      throw new MillraceError("Other nodes lead here: lead them elsewhere first.", { kind: "invalid" })
    }
    const transitions = this.#workspace.collection("workflowTransitions")
    this.#watch(
      this.#workspace.transact(() => {
        for (const { id } of incoming) transitions.update(id, { to: onward })
        for (const { id } of node.transitions) transitions.delete(id)
        this.#workspace.collection("workflowNodes").delete(node.id)
      }),
    )
  }

  #watch(handle: WriteHandle): void {
    this.#track(handle.stored)
  }
}

function checkName(view: WorkflowView, name: string, own: string | undefined): void {
  if (!namePattern.test(name)) {
    throw new MillraceError("A name is up to 128 letters, digits, _ and -, beginning with a letter or _.", {
      kind: "invalid",
    })
  }
  if (view.nodes.some((node) => node.name === name && node.id !== own)) {
    throw new MillraceError(`A node is called "${name}" already: choose another name.`, { kind: "invalid" })
  }
}

function killOf({ nodes }: WorkflowView): string | undefined {
  return nodes.find(({ kind }) => kind === "kill")?.id
}

/** A text that sorts behind `before` and, where there is one that does so too, before `after`. */
function between(before: string, after: string | undefined): string {
  // "!" is below whatever else orders are made of, so one more of it always finds room.
  for (let low = before; ; low += "!") {
    for (const next of [`${low}m`, `${low}!m`]) if (after === undefined || after <= before || next < after) return next
  }
}
