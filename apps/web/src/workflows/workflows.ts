import type { RecordChange, Records } from "@millrace/model"
import {
  type DefinitionProblem,
  definitionOf,
  nodesOf,
  type PlatformSchema,
  type RecordSource,
  sourceOf,
  type WorkflowNode,
} from "@millrace/workspace"
import { Topics } from "../workspace/topics.ts"

/** A workflow as the screen shows it; the same object until one of its records changes. */
export interface WorkflowView {
  readonly id: string
  readonly name: string
  readonly path: string
  /** In the order of the document. */
  readonly nodes: readonly WorkflowNode[]
  /** What is wrong with the merged whole, each at its record; empty where it is fit to be sent. */
  readonly problems: readonly DefinitionProblem[]
}

/** Every workflow of the list, sorted by path. */
export interface WorkflowEntry {
  readonly id: string
  readonly name: string
  readonly path: string
}

const parts: ReadonlySet<string> = new Set(["workflowNodes", "workflowTransitions"])

/**
 * The live view of a workspace's workflows.
 *
 * A view is put together when somebody looks, at a cost that follows the size of that one workflow, and kept until one of its
 * records changes. `close` ends it, idempotent.
 */
export class Workflows {
  readonly #records: Records<PlatformSchema>
  readonly #source: RecordSource
  readonly #topics = new Topics()
  readonly #stop: () => void
  // Views of what was looked at; a change of a workflow drops its view.
  readonly #views = new Map<string, WorkflowView>()
  #list: readonly WorkflowEntry[] | undefined

  static readonly maxKept = 50

  constructor(records: Records<PlatformSchema>) {
    this.#records = records
    this.#source = sourceOf(records)
    this.#stop = records.onChange((changes) => this.#apply(changes))
  }

  close(): void {
    this.#stop()
  }

  list(): readonly WorkflowEntry[] {
    this.#list ??= this.#readList()
    return this.#list
  }

  view(id: string): WorkflowView | undefined {
    const known = this.#views.get(id)
    if (known !== undefined) return known
    const definition = definitionOf(this.#source, "workflows", id)
    if (definition === undefined) return undefined
    const view: WorkflowView = {
      id,
      name: textOf(this.#records.collection("workflows").get(id)?.name),
      path: definition.path,
      nodes: [...nodesOf(this.#source, id)].sort((a, b) =>
        a.order === b.order ? compare(a.id, b.id) : compare(a.order, b.order),
      ),
      problems: definition.problems,
    }
    if (this.#views.size >= Workflows.maxKept) this.#views.clear()
    this.#views.set(id, view)
    return view
  }

  onList(listener: () => void): () => void {
    return this.#topics.subscribe("list", listener)
  }

  onView(id: string, listener: () => void): () => void {
    return this.#topics.subscribe(`workflow:${id}`, listener)
  }

  #readList(): readonly WorkflowEntry[] {
    const workflows = this.#records.collection("workflows")
    return [...workflows.ids()]
      .map((id) => ({ id, name: textOf(workflows.get(id)?.name), path: textOf(workflows.get(id)?.path) }))
      .sort((a, b) => compare(a.path, b.path) || compare(a.id, b.id))
  }

  #apply(changes: readonly RecordChange[]): void {
    const touched = new Set<string>()
    let listChanged = false
    for (const { collection, id, before, after } of changes) {
      if (collection === "workflows") {
        touched.add(id)
        listChanged = true
      } else if (parts.has(collection)) {
        for (const record of [before, after]) touched.add(textOf(record?.["workflow"]))
      }
    }
    for (const id of touched) this.#views.delete(id)
    if (listChanged) this.#list = undefined
    for (const id of touched) this.#topics.publish(`workflow:${id}`)
    if (listChanged) this.#topics.publish("list")
  }
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : ""
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
