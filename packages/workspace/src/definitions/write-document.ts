import { compareText } from "@millrace/model"
import { type Content, type DefinitionDocument, element, joinName, type Pair } from "./content.ts"
import type { DocumentCollection } from "./definition-schema.ts"
import { shapes } from "./shapes.ts"
import type { RecordSource } from "./source.ts"
import { writeNode } from "./write-node.ts"
import { attributePairs, listField, marked, markups, textField } from "./write-parts.ts"
import { nodesOf, type WorkflowNode } from "./workflow-graph.ts"

/** Puts a document together again; undefined where there is no such record. What a merge has left is written as it is. */
export function writeDocument(
  source: RecordSource,
  collection: DocumentCollection,
  id: string,
): DefinitionDocument | undefined {
  const record = source.get(collection, id)
  if (record === undefined) return undefined
  const shape = shapes[collection]
  const prefix = textField(record, "prefix")
  const namespace = textField(record, "namespace")
  const attributes: Pair[] = namespace === "" ? [] : [[prefix === "" ? "xmlns" : `xmlns:${prefix}`, namespace]]
  for (const [name, field] of shape.attributes) attributes.push([name, textField(record, field)])
  attributes.push(...attributePairs(record, "attributes", attributes))
  const markup = markups(record)
  const children: Content[] = []
  for (const [local, field] of shape.sections) {
    if (record[field] === undefined) continue
    children.push(...marked(joinName(prefix, local), markup[local], [], listField(record, field)))
  }
  if (collection === "workflows") {
    const nodes = [...nodesOf(source, id)].sort(byPlace)
    for (const node of nodes) children.push(...writeNode(node, nodes, prefix))
  }
  if (shape.rest !== undefined) children.push(...listField(record, shape.rest))
  children.push(...listField(record, "closing"))
  return {
    before: listField(record, "head").filter((each) => typeof each !== "string"),
    root: element(joinName(prefix, shape.root), attributes, children),
    after: listField(record, "tail").filter((each) => typeof each !== "string"),
  }
}

function byPlace(a: WorkflowNode, b: WorkflowNode): number {
  return rank(a) - rank(b) || compareText(a.order, b.order) || compareText(a.id, b.id)
}

function rank({ kind }: WorkflowNode): number {
  return kind === "start" ? 0 : kind === "end" ? 2 : 1
}
