import { Buffer } from "node:buffer"
import { parseCanonical, type PlainRecord, setOwn } from "@millrace/model"
import { type DefinitionDocument, definitionOf, sourceOfRecords } from "@millrace/workspace"
import { type Definition, type DefinitionFile, type DefinitionTree, publishedCollections } from "./definition.ts"
import type { Publication } from "./published.ts"
import { printXml } from "./xml/index.ts"

/** Collections whose records are parts of a workflow. */
export const partCollections: readonly string[] = ["workflowNodes", "workflowTransitions"]

/** The definitions that records make up. */
export function treeOf(records: Publication["records"]): DefinitionTree {
  const exported: Record<string, Record<string, PlainRecord>> = {}
  for (const [collection, byId] of Object.entries(records)) {
    const list: Record<string, PlainRecord> = {}
    for (const [id, { fields }] of Object.entries(byId)) setOwn(list, id, parseCanonical(fields) as PlainRecord)
    setOwn(exported, collection, list)
  }
  const source = sourceOfRecords(exported)
  const definitions = publishedCollections.flatMap((collection) =>
    Object.keys(exported[collection] ?? {}).flatMap((id): readonly Definition[] => {
      const whole = definitionOf(source, collection, id)
      const record = source.get(collection, id)
      if (whole === undefined || record === undefined) return []
      return [
        {
          collection,
          id,
          path: whole.path,
          name: text(record["name"]),
          start: text(record["start"]),
          end: text(record["end"]),
          frequency: text(record["frequency"]),
          problems: whole.problems.map(({ reason }) => reason),
          print: (start) => printXml(start === undefined ? whole.document : startingAt(whole.document, start)),
        },
      ]
    }),
  )
  return {
    definitions,
    files: [
      ...filesOf(exported["propertiesFiles"] ?? {}),
      ...Object.keys(exported["datasetDefinitions"] ?? {}).flatMap((id): readonly DefinitionFile[] => {
        const whole = definitionOf(source, "datasetDefinitions", id)
        return whole === undefined || whole.problems.length > 0
          ? []
          : [{ path: whole.path, bytes: Buffer.from(printXml(whole.document), "utf8") }]
      }),
    ],
    get: (collection, id) => definitions.find((one) => one.collection === collection && one.id === id),
  }
}

function startingAt(document: DefinitionDocument, start: string): DefinitionDocument {
  const attributes = (document.root.attributes ?? []).map(
    ([name, value]) => [name, name === "start" ? start : value] as const,
  )
  return { ...document, root: { ...document.root, attributes } }
}

function filesOf(records: Readonly<Record<string, PlainRecord>>): readonly DefinitionFile[] {
  return Object.values(records).flatMap((record) => {
    const { path, content } = record
    if (typeof path !== "string") return []
    if (typeof content === "string") return [{ path, bytes: Buffer.from(content, "utf8") }]
    return content instanceof Uint8Array ? [{ path, bytes: content }] : []
  })
}

function text(value: unknown): string {
  return typeof value === "string" ? value : ""
}
