import type { PlainRecord } from "@millrace/model"
import { elementFaults, type GrammarFault, typeFaults } from "./check-grammar.ts"
import { type DefinitionDocument, type Element, element, isElement, joinName, localName } from "./content.ts"
import type { DocumentCollection } from "./definition-schema.ts"
import { type ElContext, elFaults } from "./el-problems.ts"
import { nameFaults } from "./name-faults.ts"
import { noScope, type Scope, scopeOf } from "./parts.ts"
import type { DefinitionProblem } from "./problem.ts"
import { schemaOf } from "./schemas.ts"
import { shapes } from "./shapes.ts"
import type { WorkflowNode } from "./workflow-graph.ts"
import { writeNode } from "./write-node.ts"
import { textField } from "./write-parts.ts"

// What stands in files of datasets is of the coordinators' schema, whatever the file says.
const datasetsNamespace = "uri:oozie:coordinator:0.5"

/**
 * What the schema and the evaluator of expressions would say against a document, each at the record that it stands in.
 *
 * `nodes` are a workflow's, each is judged by itself; the document as a whole by the names of what is in it.
 */
export function schemaProblems(
  collection: DocumentCollection,
  id: string,
  record: PlainRecord,
  { root }: DefinitionDocument,
  nodes: readonly WorkflowNode[],
): readonly DefinitionProblem[] {
  const { title, root: rootName } = shapes[collection]
  const onRoot = (field: string, reason: string): DefinitionProblem => ({ collection, id, field, reason })
  const named = textField(record, "namespace")
  const namespace = collection === "datasetDefinitions" && named === "" ? datasetsNamespace : named
  const type = schemaOf(namespace)?.elements[rootName]
  const unnamed = nameFaults(root).map((fault) => onRoot("name", fault))
  if (unnamed.length > 0) return unnamed
  if (type === undefined) {
    const what = named === "" ? "it names no schema" : `"${named}" is no schema of a ${title}`
    return [onRoot("namespace", `${what}: choose one, such as ${suggestion[collection]}`)]
  }
  const scope = scopeOf(root, noScope)
  const context: ElContext = collection === "workflows" ? "workflow" : "schedule"
  const problems: DefinitionProblem[] = []
  const prefix = textField(record, "prefix")
  for (const node of nodes) {
    for (const each of writeNode(node, nodes, prefix).filter(isElement)) {
      problems.push(...nodeProblems(node, each, scope, namespace))
    }
  }
  if (collection === "datasetDefinitions" && named === "") {
    problems.push(
      ...typeFaults(bare(root), new Map([["", namespace]]), namespace, type).map((fault) =>
        onRoot("datasets", worded(fault)),
      ),
    )
  } else {
    // Nodes were judged above: here each is only its name.
    const outline = collection === "workflows" ? outlineOf(root, prefix) : root
    const faults = elementFaults(outline, noScope).filter(({ path }) => !isNode(path[1]) || path.length < 2)
    problems.push(...faults.map((fault) => onRoot(fieldOf(collection, fault.path[1]), worded(fault))))
  }
  const others = collection === "workflows" ? withoutNodes(root, prefix) : root
  for (const fault of elFaults(others, context)) problems.push(onRoot("name", fault))
  return problems
}

const suggestion: Readonly<Record<DocumentCollection, string>> = {
  workflows: "uri:oozie:workflow:0.5",
  coordinators: "uri:oozie:coordinator:0.4",
  bundles: "uri:oozie:bundle:0.2",
  datasetDefinitions: "uri:oozie:coordinator:0.4",
}

const nodeNames = ["start", "decision", "fork", "join", "kill", "action", "end"]

function isNode(name: string | undefined): boolean {
  return name !== undefined && nodeNames.includes(localName(name))
}

const nodeTypes: Readonly<Record<string, string>> = {
  start: "START",
  decision: "DECISION",
  fork: "FORK",
  join: "JOIN",
  kill: "KILL",
  action: "ACTION",
  end: "END",
}

function nodeProblems(
  node: WorkflowNode,
  written: Element,
  scope: Scope,
  namespace: string,
): readonly DefinitionProblem[] {
  const at = (field: string, reason: string): DefinitionProblem => ({
    collection: "workflowNodes",
    id: node.id,
    field,
    reason,
  })
  const type = nodeTypes[node.kind] ?? ""
  const faults = typeFaults(written, scopeOf(written, scope), namespace, type)
  return [
    ...faults.map((fault) => at(fault.path.length > 0 ? "body" : "kind", worded(fault))),
    ...elFaults(written, "workflow").map((fault) => at("body", fault)),
  ]
}

function outlineOf(root: Element, prefix: string): Element {
  const children = (root.children ?? []).map((child) =>
    isElement(child) && isNodeOf(child, prefix)
      ? element(child.name, (child.attributes ?? []).filter(isDeclaration))
      : child,
  )
  return element(root.name, root.attributes, children)
}

function withoutNodes(root: Element, prefix: string): Element {
  const children = (root.children ?? []).filter((child) => !(isElement(child) && isNodeOf(child, prefix)))
  return element(root.name, root.attributes, children)
}

function isNodeOf({ name }: Element, prefix: string): boolean {
  return nodeNames.some((local) => name === joinName(prefix, local)) || isNode(name)
}

function isDeclaration([name]: readonly [string, string]): boolean {
  return name === "xmlns" || name.startsWith("xmlns:")
}

/** The root without attributes that only say where its elements come from. */
function bare(root: Element): Element {
  return element(root.name, [], root.children)
}

function fieldOf(collection: DocumentCollection, child: string | undefined): string {
  const { sections, rest } = shapes[collection]
  if (child === undefined) return "name"
  return sections.find(([local]) => local === localName(child))?.[1] ?? rest ?? "name"
}

function worded({ path, reason }: GrammarFault): string {
  return path.length === 0 ? reason : `${path.map((name) => `<${name}>`).join(" ")}: ${reason}`
}
