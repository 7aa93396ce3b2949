import { canonicalJson, type Schema, sha256Hex } from "@millrace/model"
import { MillraceError } from "@millrace/ports"
import { rowName } from "./mirror-row.ts"

/** Counts up when rows are written in another way: all mirrors are then rebuilt. */
const rowFormat = 1

export interface MirrorIndex {
  readonly name: string
  readonly keyPath: string | readonly string[]
  readonly multiEntry: boolean
  /** Advice: who breaks it is listed, the store's index is never unique. */
  readonly unique: boolean
}

export interface MirrorStore {
  readonly name: string
  readonly indexes: readonly MirrorIndex[]
}

/** What the object stores of a schema look like. */
export interface MirrorStores {
  readonly stores: readonly MirrorStore[]
  /** Of everything that rows and indexes depend on; another hash means another mirror. */
  readonly hash: string
}

/**
 * The stores that mirror a schema's collections, one each, named as the collection.
 *
 * @throws MillraceError `invalid` where an index is on a field whose name cannot be a key path.
 */
export function storesOf(schema: Schema): MirrorStores {
  const stores = Object.entries(schema.collections).map(([name, { indexes = {} }]) => ({
    name,
    indexes: Object.entries(indexes).map(([index, { on, multiEntry = false, unique = false }]) => ({
      name: index,
      keyPath: typeof on === "string" ? pathOf(name, index, on) : on.map((field) => pathOf(name, index, field)),
      multiEntry,
      unique,
    })),
  }))
  const kinds = Object.entries(schema.collections).map(([name, { fields }]) => [
    name,
    Object.entries(fields).map(([field, { kind }]) => [field, kind]),
  ])
  return { stores, hash: sha256Hex(canonicalJson({ rowFormat, version: schema.version, kinds, stores })) }
}

const identifier = /^[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*$/u

function pathOf(collection: string, index: string, field: string): string {
  const path = rowName(field)
  if (identifier.test(path)) return path
  throw new MillraceError(
    `The index "${index}" of "${collection}" cannot be mirrored: "${field}" is no key path in IndexedDB. Rename the field.`,
    { kind: "invalid" },
  )
}
