import type { Doc, Transaction } from "yjs"

/** Root map of what is known about the document's schema. */
export const schemaRoot = "$schema"

/**
 * Takes down the highest schema version that wrote to the document, with the first write of a newer one.
 *
 * For people and programs to know that there is a newer one; no record is read by it, as a merged record has fields of
 * several versions. Version 1 is not taken down, readers take nothing down.
 */
export function recordVersion({ doc }: Transaction, version: number): void {
  if (version > 1 && version > writtenVersion(doc)) doc.getMap(schemaRoot).set("version", version)
}

/** The highest schema version that wrote to the document; 1 where none was taken down. */
export function writtenVersion(doc: Doc): number {
  const version = doc.getMap(schemaRoot).get("version")
  return typeof version === "number" ? version : 1
}
