import { type Content, element, joinName, type Markup, type Pair } from "./content.ts"
import { attributePairs, listField, marked, markups, textField } from "./write-parts.ts"
import type { WorkflowNode, WorkflowTransition } from "./workflow-graph.ts"

/** A node as it stands in the document, its comments first. */
export function writeNode(node: WorkflowNode, nodes: readonly WorkflowNode[], prefix: string): readonly Content[] {
  const { record, kind } = node
  const markup = markups(record)
  const own: Pair[] = kind === "start" ? [] : [["name", node.name]]
  if (kind === "start" || kind === "join") {
    const [only] = node.transitions
    own.push(["to", only === undefined ? "" : nameOf(only, nodes)])
  }
  own.push(...attributePairs(record, "attributes", own))
  const children = childrenOf(node, nodes, prefix, markup)
  return [...listField(record, "notes"), ...marked(joinName(prefix, kind), markup["element"], own, children)]
}

function childrenOf(
  { kind, record, transitions }: WorkflowNode,
  nodes: readonly WorkflowNode[],
  prefix: string,
  markup: Readonly<Record<string, Markup>>,
): readonly Content[] {
  const write = (each: WorkflowTransition): readonly Content[] => writeTransition(each, nodes, prefix)
  switch (kind) {
    case "start":
    case "join":
    case "end":
      return []
    case "kill": {
      const message = record["message"]
      if (typeof message !== "string") return []
      return marked(joinName(prefix, "message"), markup["message"], [], message === "" ? [] : [message])
    }
    case "fork":
      return transitions.flatMap(write)
    case "decision":
      return marked(joinName(prefix, "switch"), markup["switch"], [], transitions.flatMap(write))
    case "action": {
      const attributes = attributePairs(record, "actionAttributes")
      const action = element(textField(record, "action"), attributes, listField(record, "body"))
      const { before = [] } = markup["action"] ?? {}
      return [...before, action, ...transitions.flatMap(write), ...listField(record, "sla")]
    }
  }
}

function writeTransition(
  transition: WorkflowTransition,
  nodes: readonly WorkflowNode[],
  prefix: string,
): readonly Content[] {
  const { kind, condition, record } = transition
  const { element: markup } = markups(record)
  const own: Pair[] = [[kind === "path" ? "start" : "to", nameOf(transition, nodes)]]
  return marked(joinName(prefix, kind), markup, own, kind === "case" && condition !== "" ? [condition] : [])
}

function nameOf({ to, unresolved }: WorkflowTransition, nodes: readonly WorkflowNode[]): string {
  const node = to === undefined ? undefined : nodes.find(({ id }) => id === to)
  return node?.name ?? unresolved ?? ""
}
