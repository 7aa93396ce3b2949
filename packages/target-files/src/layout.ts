import { join } from "node:path"
import type { Change } from "@millrace/target"
import { fileName } from "./file-name.ts"

/** Names of our folder that no id can have, because `fileName` never begins with a dot. */
const marks = ".deleted"
export const extension = ".json"

/** Where things are: `DIR/<workspace>/<collection>/<id>.json`, marks of deleted records in `.deleted` beside them. */
export interface Places {
  readonly folder: string
  readonly file: string
  readonly markFolder: string
  readonly mark: string
}

export function placesOf(dir: string, change: Pick<Change, "workspace" | "collection" | "id">): Places {
  const folder = collectionFolder(dir, change.workspace, change.collection)
  const name = fileName(change.id) + extension
  return { folder, file: join(folder, name), markFolder: join(folder, marks), mark: join(folder, marks, name) }
}

export function collectionFolder(dir: string, workspace: string, collection: string): string {
  return join(dir, fileName(workspace), fileName(collection))
}
