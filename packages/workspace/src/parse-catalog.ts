import type { CatalogTable } from "./catalog-table.ts"
import { type LocatedJson, locateJson, locateJsonLines } from "./json-lines.ts"
import { type CatalogProblem, Problems } from "./problems.ts"
import { tableOf } from "./table-of.ts"

/** What a catalogue file says, or what is wrong with it. `tables` is whole only where there is no problem. */
export interface ParsedCatalog {
  readonly tables: readonly CatalogTable[]
  /** The first `maxProblems`, in the order of lines. */
  readonly problems: readonly CatalogProblem[]
}

/**
 * Reads a catalogue: a JSON array of tables, or one table a line (NDJSON).
 *
 * Keys that the shape does not know are refused, as is a qualified name that comes twice: nothing is dropped silently.
 *
 * @throws MillraceError `invalid` whose message names line and field of the first problems.
 */
export function parseCatalog(text: string, format: "json" | "ndjson"): readonly CatalogTable[] {
  const { tables, found } = read(text, format)
  if (found.count > 0) throw found.toError()
  return tables
}

/** The same without throwing, for screens that show problems one by one. */
export function inspectCatalog(text: string, format: "json" | "ndjson"): ParsedCatalog {
  const { tables, found } = read(text, format)
  return { tables, problems: found.first }
}

function read(source: string, format: "json" | "ndjson"): { tables: readonly CatalogTable[]; found: Problems } {
  const text = source.startsWith("\uFEFF") ? source.slice(1) : source
  const found = new Problems()
  const lines = new Map<string, number>()
  const tables: CatalogTable[] = []
  for (const located of format === "ndjson" ? locateJsonLines(text) : [locateJson(text)]) {
    for (const { line, reason } of located.errors) found.add(line, "", reason)
    if (located.errors.length > 0) continue
    for (const node of tableNodes(located, format, found)) {
      const table = tableOf(node, located.lineOf, found)
      if (table === undefined) continue
      const line = located.lineOf(node.offset)
      const earlier = lines.get(table.qualifiedName)
      if (earlier === undefined) lines.set(table.qualifiedName, line)
      else found.add(line, "qualifiedName", `"${table.qualifiedName}" is also the table of line ${earlier}`)
      tables.push(table)
    }
  }
  return { tables, found }
}

function tableNodes(
  { root, lineOf }: LocatedJson,
  format: "json" | "ndjson",
  found: Problems,
): NonNullable<LocatedJson["root"]>[] {
  if (format === "ndjson") return root === undefined ? [] : [root]
  if (root?.type === "array") return root.children ?? []
  found.add(root === undefined ? 1 : lineOf(root.offset), "", "a catalogue is a list of tables, [ ... ]")
  return []
}
