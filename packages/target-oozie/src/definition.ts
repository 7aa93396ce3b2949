/** Collections whose records are files that Oozie runs. */
export type PublishedCollection = "workflows" | "coordinators" | "bundles"

export const publishedCollections: readonly PublishedCollection[] = ["workflows", "coordinators", "bundles"]

/** A definition that is fit to be published or says why it is not. */
export interface Definition {
  readonly collection: PublishedCollection
  readonly id: string
  /** Where it lies in its tree, such as `jobs/daily/workflow.xml`. */
  readonly path: string
  readonly name: string
  /** Of a coordinator, as written: a time or EL. */
  readonly start: string
  readonly end: string
  readonly frequency: string
  readonly problems: readonly string[]
  /** The XML; `start` stands in a coordinator in place of its own. */
  print(start?: string): string
}

export interface DefinitionFile {
  readonly path: string
  readonly bytes: Uint8Array
}

/** All that a workspace publishes, as it is to be. */
export interface DefinitionTree {
  get(collection: PublishedCollection, id: string): Definition | undefined
  readonly definitions: readonly Definition[]
  /** Files of properties. */
  readonly files: readonly DefinitionFile[]
}

export function folderOf(path: string): string {
  const at = path.lastIndexOf("/")
  return at < 0 ? "" : path.slice(0, at)
}
