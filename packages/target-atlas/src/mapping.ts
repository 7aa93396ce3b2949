import { createHash } from "node:crypto"
import type { AttributeType } from "./attribute-value.ts"

/** One field of a collection and the attribute that holds it. */
export interface FieldMapping {
  readonly field: string
  readonly attribute: string
  readonly type: AttributeType
}

/** What a type of ours is in Atlas's graph: which other entities it stands in relation to. */
export type EntityRole = "table" | "column" | "process" | "record"

/** How the records of one collection become entities. */
export interface CollectionMapping {
  readonly collection: string
  /** The type that is made for it; never one that is Atlas's or a hook's. */
  readonly typeName: string
  /** What it derives from, such as `hive_table`: tools that know that type then know ours. */
  readonly superType: string
  readonly role: EntityRole
  readonly fields: readonly FieldMapping[]
}

/** Attributes of a kind of classification or business metadata, by name. */
export type AttributeTypes = Readonly<Record<string, Exclude<AttributeType, "json">>>

export interface AtlasMapping {
  readonly collections: Readonly<Record<string, CollectionMapping>>
  /** Any other collection. */
  readonly otherwise: CollectionMapping
  /** Made, and given further attributes, where they are missing. Others that a record names must be there. */
  readonly classifications: Readonly<Record<string, AttributeTypes>>
  readonly businessMetadata: Readonly<Record<string, AttributeTypes>>
}

/** The type of a dataset's database, which is no record of its own. */
export const databaseType = { typeName: "millrace_database", superType: "hive_db" } as const

/** Holds a record's fields as canonical JSON, as they were last sent: what Atlas has no attribute for is kept too. */
export const recordAttribute = "millraceRecord"

/** Holds the record's id, which a qualified name does not always tell. */
export const idAttribute = "millraceId"

const asset: readonly FieldMapping[] = [
  { field: "name", attribute: "name", type: "string" },
  { field: "owner", attribute: "owner", type: "string" },
  { field: "description", attribute: "description", type: "string" },
]

const commented: readonly FieldMapping[] = [...asset, { field: "comment", attribute: "comment", type: "string" }]

/** How package workspace's collections are kept unless the configuration says otherwise. */
export const defaultMapping: AtlasMapping = {
  collections: {
    datasets: {
      collection: "datasets",
      typeName: "millrace_table",
      superType: "hive_table",
      role: "table",
      fields: [
        ...commented,
        { field: "location", attribute: "location", type: "string" },
        { field: "format", attribute: "format", type: "string" },
        { field: "source", attribute: "source", type: "string" },
        { field: "external", attribute: "external", type: "boolean" },
      ],
    },
    columns: {
      collection: "columns",
      typeName: "millrace_column",
      superType: "hive_column",
      role: "column",
      fields: [
        ...commented,
        { field: "type", attribute: "type", type: "string" },
        { field: "position", attribute: "position", type: "int" },
        { field: "expression", attribute: "expression", type: "string" },
      ],
    },
    processes: {
      collection: "processes",
      typeName: "millrace_process",
      superType: "Process",
      role: "process",
      fields: [...asset, { field: "query", attribute: "query", type: "string" }],
    },
  },
  otherwise: {
    collection: "",
    typeName: "millrace_record",
    superType: "DataSet",
    role: "record",
    fields: [],
  },
  classifications: {},
  businessMetadata: {},
}

/** Tells two mappings of a collection's fields apart. */
export function mappingMark({ fields }: CollectionMapping): string {
  const lines = fields.map(({ field, attribute, type }) => `${field}\n${attribute}\n${type}`)
  return createHash("sha256").update(lines.sort().join("\n\n")).digest("hex").slice(0, 16)
}

export function mappingOf(mapping: AtlasMapping, collection: string): CollectionMapping {
  return Object.hasOwn(mapping.collections, collection)
    ? (mapping.collections[collection] ?? mapping.otherwise)
    : mapping.otherwise
}

/** What the qualified name is made of: of collections that share a type, their names as well. */
export function nameIn(mapping: CollectionMapping, collection: string, id: string): string {
  return mapping.collection === collection ? id : `${collection}/${id}`
}
