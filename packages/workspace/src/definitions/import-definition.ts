import { compareText, type Records, type Schema } from "@millrace/model"
import type { DefinitionDocument } from "./content.ts"
import type { DocumentCollection } from "./definition-schema.ts"
import { orderKeys } from "./order-keys.ts"
import { readDocument } from "./read-document.ts"
import type { ReadNode, ReadTransition } from "./read-workflow.ts"
import { sourceOf } from "./source.ts"
import { nodesOf, type WorkflowNode } from "./workflow-graph.ts"

type Row = Readonly<Record<string, unknown>>

/** A record that is to be as given, or not to be at all. */
interface Wanted {
  readonly collection: string
  readonly id: string
  readonly row: Row | undefined
}

export interface ImportedDefinition {
  readonly collection: DocumentCollection
  readonly id: string
  /** Records created, changed or deleted; 0 where everything was just so. */
  readonly written: number
}

/**
 * Makes the records of one file say what the document says: creates, changes and deletes what differs, in one
 * transaction.
 *
 * A file that was imported before is found by its path, its nodes by their names, so ids stay and concurrent edits
 * merge; what everybody imports apart has one copy.
 *
 * @throws MillraceError `invalid` for a document that cannot be taken apart or a path that is none, `too-large` for a
 *   part that does not fit into a record. Then nothing is written.
 */
export function importDefinition<S extends Schema>(
  records: Records<S>,
  path: string,
  document: DefinitionDocument,
): ImportedDefinition {
  const { collection, fields, nodes } = readDocument(document)
  const id = idByPath(records, collection, path)
  const wanted: Wanted[] = [{ collection, id, row: { ...fields, path } }]
  if (collection === "workflows") wanted.push(...workflowRows(records, id, nodes))
  for (const each of wanted) checkFits(records, each)
  return { collection, id, written: records.transact(() => wanted.filter((each) => write(records, each)).length) }
}

/** The record of a file: the one that has its path, else one whose id is that path. */
export function idByPath<S extends Schema>(records: Records<S>, collection: string, path: string): string {
  const [known] = records.referring(collection, "path", path)
  return known ?? freeId(path, (id) => records.collection<string>(collection).has(id))
}

function workflowRows<S extends Schema>(
  records: Records<S>,
  workflow: string,
  nodes: readonly ReadNode[],
): readonly Wanted[] {
  const present = [...nodesOf(sourceOf(records), workflow)].sort((a, b) => compareText(a.id, b.id))
  const taken = new Set<string>()
  const matched = nodes.map((node) => {
    const found = present.find((each) => !taken.has(each.id) && isSame(each, node))
    if (found !== undefined) taken.add(found.id)
    return found
  })
  const nodesTaken = (id: string): boolean =>
    taken.has(id) || records.collection<string>("workflowNodes").has(id) || matched.some((each) => each?.id === id)
  const ids = nodes.map((node, at) => {
    const id = matched[at]?.id ?? freeId(`${workflow}#${node.name ?? node.kind}`, nodesTaken)
    taken.add(id)
    return id
  })
  const idOfName = new Map<string, string>()
  for (const [at, { kind, name }] of nodes.entries()) {
    const id = ids[at]
    if (kind !== "start" && name !== undefined && id !== undefined && !idOfName.has(name)) idOfName.set(name, id)
  }
  const keys = orderKeys(matched.map((each) => each?.order))
  const rows: Wanted[] = []
  const links: Wanted[] = []
  for (const [at, node] of nodes.entries()) {
    const id = ids[at] ?? ""
    const { kind, name, fields } = node
    const row = { workflow, kind, order: keys[at], ...(name === undefined ? {} : { name }), ...fields }
    rows.push({ collection: "workflowNodes", id, row })
    links.push(...transitionRows(workflow, id, node, matched[at], idOfName))
  }
  const kept = new Set(links.map(({ id }) => id))
  const gone = present.flatMap(({ transitions }) => transitions).filter(({ id }) => !kept.has(id))
  return [
    ...rows,
    ...links,
    ...gone.map(({ id }) => ({ collection: "workflowTransitions", id, row: undefined })),
    ...present
      .filter(({ id }) => !taken.has(id))
      .map(({ id }) => ({ collection: "workflowNodes", id, row: undefined })),
  ]
}

function transitionRows(
  workflow: string,
  from: string,
  { transitions }: ReadNode,
  present: WorkflowNode | undefined,
  idOfName: ReadonlyMap<string, string>,
): readonly Wanted[] {
  const known = present?.transitions ?? []
  const used = new Set<string>()
  const matched = transitions.map(({ kind }) => {
    const found = known.find((each) => each.kind === kind && !used.has(each.id))
    if (found !== undefined) used.add(found.id)
    return found
  })
  const keys = orderKeys(matched.map((each) => (each === undefined ? undefined : each.order)))
  return transitions.map((transition, at) => {
    const id = matched[at]?.id ?? freeId(transitionId(from, transition, at), (each) => used.has(each))
    used.add(id)
    const { kind, to, condition, markup } = transition
    const target = idOfName.get(to)
    const row = {
      workflow,
      from,
      kind,
      order: keys[at],
      ...(target === undefined ? (to === "" ? {} : { unresolved: to }) : { to: target }),
      ...(condition === undefined ? {} : { condition }),
      ...(markup === undefined ? {} : { markup: { element: markup } }),
    }
    return { collection: "workflowTransitions", id, row }
  })
}

function transitionId(from: string, { kind }: ReadTransition, at: number): string {
  return kind === "case" || kind === "path" ? `${from}>${kind}.${at}` : `${from}>${kind}`
}

function isSame(known: WorkflowNode, { kind, name }: ReadNode): boolean {
  return kind === "start" ? known.kind === "start" : known.kind !== "start" && known.name === name
}

function freeId(wanted: string, isTaken: (id: string) => boolean): string {
  let id = wanted
  for (let next = 2; isTaken(id); next++) id = `${wanted}~${next}`
  return id
}

function write<S extends Schema>(records: Records<S>, { collection, id, row }: Wanted): boolean {
  const each = records.collection<string>(collection) as unknown as Writable
  return row === undefined ? each.delete(id) : each.put(id, row)
}

function checkFits<S extends Schema>(records: Records<S>, { collection, id, row }: Wanted): void {
  if (row !== undefined) records.collection<string>(collection).checkPut(id, row as never)
}

interface Writable {
  put(id: string, row: Row): boolean
  delete(id: string): boolean
}
