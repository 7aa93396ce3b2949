import { type DefinitionDocument, isElement, type Markup, splitName } from "./content.ts"
import type { DocumentCollection } from "./definition-schema.ts"
import {
  markupOf,
  noScope,
  type Parts,
  partsOf,
  plainName,
  type Reading,
  scopeOf,
  takeAttributes,
  unreadable,
} from "./parts.ts"
import { readNode, type ReadNode } from "./read-workflow.ts"
import { collectionOfRoot, type DocumentShape, shapes } from "./shapes.ts"

/** A document taken apart: fields of its record, and of a workflow the nodes. */
export interface ReadDocument {
  readonly collection: DocumentCollection
  /** All but `path`. */
  readonly fields: Readonly<Record<string, unknown>>
  /** In the order of the document; empty for what is no workflow. */
  readonly nodes: readonly ReadNode[]
}

/**
 * Takes a definition apart.
 *
 * @throws MillraceError `invalid` for what is no definition, or is put together in a way that no schema allows.
 */
export function readDocument({ before, root, after }: DefinitionDocument): ReadDocument {
  const [prefix, local] = splitName(root.name)
  const collection = collectionOfRoot(local)
  if (collection === undefined) throw unreadable(`its root is <${root.name}>, which is none of a scheduler's`)
  const shape = shapes[collection]
  const declaration = prefix === "" ? "xmlns" : `xmlns:${prefix}`
  const { taken, others } = takeAttributes(root, [declaration, ...shape.attributes.map(([name]) => name)])
  const namespace = taken.get(declaration) ?? ""
  const reading: Reading = { namespace, prefix }
  const content = partsOf(root, scopeOf(root, noScope), reading)
  const body = readBody(collection, shape, content, reading)
  const fields = {
    namespace,
    ...(prefix === "" ? {} : { prefix }),
    ...Object.fromEntries(shape.attributes.map(([name, field]) => [field, taken.get(name) ?? ""])),
    ...(others.length === 0 ? {} : { attributes: Object.fromEntries(others) }),
    ...(before.length === 0 ? {} : { head: before }),
    ...(after.length === 0 ? {} : { tail: after }),
    ...body.fields,
  }
  return { collection, fields, nodes: body.nodes }
}

function readBody(
  collection: DocumentCollection,
  { root, sections, rest }: DocumentShape,
  { parts, inside }: Parts,
  reading: Reading,
): Pick<ReadDocument, "fields" | "nodes"> {
  const fields: Record<string, unknown> = {}
  const markup: Record<string, Markup> = {}
  const nodes: ReadNode[] = []
  const others: unknown[] = []
  let nextSection = 0
  for (const part of parts) {
    const at = sections.findIndex(([local]) => local === part.local)
    const section = sections[at]
    const node = collection === "workflows" ? readNode(part, reading) : undefined
    if (section !== undefined && at >= nextSection && nodes.length + others.length === 0) {
      nextSection = at + 1
      const [local, field] = section
      fields[field] = part.element.children ?? []
      const attributes = part.element.attributes ?? []
      const found = markupOf(part.element, plainName(reading, local), { before: part.before, attributes })
      if (found !== undefined) markup[local] = found
    } else if (node !== undefined && others.length === 0) nodes.push(node)
    else if (rest !== undefined && section === undefined && node === undefined) {
      others.push(...part.before, part.element)
    } else throw unreadable(`<${part.element.name}> does not belong where it stands in <${root}>`)
  }
  checkOrder(nodes)
  if (rest !== undefined && others.length > 0) fields[rest] = others
  if (inside.length > 0) fields["closing"] = inside
  if (Object.keys(markup).length > 0) fields["markup"] = markup
  return { fields, nodes }
}

// The start stands first and the end last, in every version of the schema; the records know no other order.
function checkOrder(nodes: readonly ReadNode[]): void {
  const start = nodes.findIndex(({ kind }) => kind === "start")
  if (start > 0) throw unreadable("<start> must stand before the other nodes")
  const end = nodes.findIndex(({ kind }) => kind === "end")
  if (end >= 0 && end < nodes.length - 1) throw unreadable("<end> must stand behind the other nodes")
}

/** Whether the root is one that `readDocument` takes. */
export function isDefinition({ root }: DefinitionDocument): boolean {
  return isElement(root) && collectionOfRoot(splitName(root.name)[1]) !== undefined
}
