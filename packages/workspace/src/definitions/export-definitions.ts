import { compareText, type Records, type Schema } from "@millrace/model"
import type { DefinitionDocument } from "./content.ts"
import { documentCollections } from "./definition-schema.ts"
import { definitionOf } from "./definition-of.ts"
import { isRelativePath } from "./fields.ts"
import type { DefinitionProblem } from "./problem.ts"
import { sourceOf } from "./source.ts"

/** A file of a tree of definitions. */
export interface ExportedFile {
  readonly path: string
  /** Text of a properties file is to be written in UTF-8, as it is. */
  readonly content: DefinitionDocument | string | Uint8Array
  readonly problems: readonly DefinitionProblem[]
}

export interface ExportedTree {
  /** Sorted by path. */
  readonly files: readonly ExportedFile[]
  /** One sentence for each record that has no file: its path is none, or another's. */
  readonly refused: readonly string[]
}

/** Every definition and properties file of a workspace, at the paths that they have; two of one path are both left out. */
export function exportDefinitions<S extends Schema>(records: Records<S>): ExportedTree {
  const source = sourceOf(records)
  const byPath = new Map<string, (ExportedFile & { readonly id: string; readonly collection: string })[]>()
  const add = (collection: string, id: string, file: ExportedFile): void => {
    const list = byPath.get(file.path)
    if (list === undefined) byPath.set(file.path, [{ collection, id, ...file }])
    else list.push({ collection, id, ...file })
  }
  for (const collection of documentCollections) {
    for (const id of records.collection<string>(collection).ids()) {
      const definition = definitionOf(source, collection, id)
      if (definition === undefined) continue
      const { path, document, problems } = definition
      add(collection, id, { path, content: document, problems })
    }
  }
  for (const id of records.collection<string>("propertiesFiles").ids()) {
    const { path, content } = source.get("propertiesFiles", id) ?? {}
    const isContent = typeof content === "string" || content instanceof Uint8Array
    if (isContent && typeof path === "string") add("propertiesFiles", id, { path, content, problems: [] })
  }
  const files: ExportedFile[] = []
  const refused: string[] = []
  for (const [path, all] of [...byPath].sort(([a], [b]) => compareText(a, b))) {
    const [only, ...more] = all
    if (only !== undefined && more.length === 0 && isRelativePath(path)) files.push(only)
    else for (const { collection, id } of all) refused.push(`${collection} "${id}": ${whyNot(path, all.length)}`)
  }
  return { files, refused }
}

function whyNot(path: string, count: number): string {
  return count > 1 ? `${count} records have the path "${path}"` : `"${path}" is no relative path`
}
