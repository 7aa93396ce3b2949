import type { Records, Schema } from "@millrace/model"
import { idByPath } from "./import-definition.ts"

/**
 * Keeps a file of properties: as text where the file is UTF-8, byte order mark included, else as bytes.
 *
 * Returns whether anything was written.
 */
export function importProperties<S extends Schema>(
  records: Records<S>,
  path: string,
  content: string | Uint8Array,
): boolean {
  const id = idByPath(records, "propertiesFiles", path)
  const files = records.collection<string>("propertiesFiles") as unknown as {
    put(id: string, row: { readonly path: string; readonly content: string | Uint8Array }): boolean
  }
  return files.put(id, { path, content })
}
