import { getOwn, parseCanonical, setOwn } from "@millrace/model"
import type { Change } from "@millrace/target"
import { keyOf } from "./application.ts"
import { type PublishedCollection, publishedCollections } from "./definition.ts"
import type { Publication, PublishedRecord } from "./published.ts"
import { partCollections } from "./tree.ts"

/** Records of files that lie beside definitions and run nowhere themselves. */
export const fileCollections: readonly string[] = ["propertiesFiles", "datasetDefinitions"]

type Records = Record<string, Record<string, PublishedRecord>>

/** The definition that a change belongs to, by `keyOf`; `files` for files; undefined for what Oozie is not told. */
export function ownerOf(change: Change): string | undefined {
  const { collection, id } = change
  if (isPublished(collection)) return keyOf({ collection, id })
  if (fileCollections.includes(collection)) return "files"
  if (!partCollections.includes(collection)) return undefined
  const workflow = (parseCanonical(change.after ?? change.before ?? "{}") as Readonly<Record<string, unknown>>)[
    "workflow"
  ]
  return typeof workflow === "string" ? keyOf({ collection: "workflows", id: workflow }) : undefined
}

export function isPublished(collection: string): collection is PublishedCollection {
  return (publishedCollections as readonly string[]).includes(collection)
}

/** What is published with the changes of these owners in it; versions that are overtaken change nothing. */
export function withChanges(
  records: Publication["records"],
  changes: readonly Change[],
  owners: (owner: string) => boolean,
): Publication["records"] {
  const next: Records = {}
  for (const [collection, byId] of Object.entries(records)) setOwn(next, collection, { ...byId })
  for (const change of changes) {
    const owner = ownerOf(change)
    if (owner === undefined || !owners(owner)) continue
    const byId = getOwn(next, change.collection) ?? {}
    setOwn(next, change.collection, byId)
    const known = getOwn(byId, change.id)
    if (known !== undefined && known.version > change.version) continue
    if (change.after === null) delete byId[change.id]
    else setOwn(byId, change.id, { version: change.version, fields: change.after })
  }
  return next
}
