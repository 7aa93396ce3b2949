import type { Change } from "@millrace/target"
import { type Json, toAttribute } from "./attribute-value.ts"
import { type Classification, listOf, objectOf, textOf } from "./entity.ts"
import {
  type AtlasMapping,
  type CollectionMapping,
  idAttribute,
  mappingOf,
  nameIn,
  recordAttribute,
} from "./mapping.ts"
import { qualifiedName } from "./qualified-name.ts"

export type Fields = Readonly<Record<string, Json>>

/** What Atlas is to hold for a record. */
export interface Desired {
  readonly mapping: CollectionMapping
  readonly qualifiedName: string
  readonly attributes: Readonly<Record<string, Json>>
  /** Qualified names of what it refers to; undefined where its kind has no such reference. */
  readonly database?: string
  readonly table?: string
  readonly isPartition?: boolean
  readonly inputs?: readonly string[]
  readonly outputs?: readonly string[]
  readonly labels: readonly string[]
  readonly classifications: readonly Classification[]
  readonly businessAttributes: Readonly<Record<string, Readonly<Record<string, Json>>>>
  /** `term@glossary`, sorted. */
  readonly terms: readonly string[]
}

export function fieldsOf(text: string): Fields {
  return objectOf(JSON.parse(text))
}

/** The qualified name of a change's record. */
export function nameOfRecord(mapping: AtlasMapping, namespace: string, collection: string, id: string): string {
  return qualifiedName(nameIn(mappingOf(mapping, collection), collection, id), namespace)
}

/** What an entity must be like to hold `change.after`. Pure: the same change always gives the same. */
export function desiredOf(mapping: AtlasMapping, namespace: string, change: Change, after: string): Desired {
  const fields = fieldsOf(after)
  const own = mappingOf(mapping, change.collection)
  const dataset = (id: string): string => nameOfRecord(mapping, namespace, "datasets", id)
  const name = nameOfRecord(mapping, namespace, change.collection, change.id)
  const attributes: Record<string, Json> = {
    ...mappedAttributes(own, fields),
    qualifiedName: name,
    [recordAttribute]: after,
    [idAttribute]: change.id,
  }
  // Atlas insists on these; the record itself says what is missing.
  attributes["name"] ??= fallbackName(fields, change.id)
  if (own.role === "column") attributes["type"] ??= "unknown"
  return {
    mapping: own,
    qualifiedName: name,
    attributes,
    ...(own.role === "table" && typeof fields["database"] === "string"
      ? { database: qualifiedName(fields["database"], namespace) }
      : {}),
    // Atlas wants every column in a table.
    ...(own.role === "column"
      ? { table: dataset(textOf(fields["dataset"])), isPartition: fields["role"] === "partition" }
      : {}),
    ...(own.role === "process"
      ? { inputs: texts(fields["inputs"]).map(dataset), outputs: texts(fields["outputs"]).map(dataset) }
      : {}),
    labels: texts(fields["labels"]),
    classifications: Object.entries(objectOf(fields["classifications"])).map(([typeName, values]) => ({
      typeName,
      attributes: objectOf(values),
    })),
    businessAttributes: businessOf(objectOf(fields["businessMetadata"])),
    terms: texts(fields["terms"]),
  }
}

/** The attributes of a record's own fields, null for each that it lacks. */
export function mappedAttributes(mapping: CollectionMapping, fields: Fields): Record<string, Json> {
  return Object.fromEntries(
    mapping.fields.map(({ field, attribute, type }) => [attribute, toAttribute(type, fields[field])]),
  )
}

function fallbackName(fields: Fields, id: string): string {
  const expression = fields["expression"]
  if (typeof expression === "string" && expression !== "") return expression
  return id === "" ? "unnamed" : id
}

/** `{ "ops.tier": "gold" }` as `{ ops: { tier: "gold" } }`. */
function businessOf(flat: Fields): Readonly<Record<string, Readonly<Record<string, Json>>>> {
  const nested = new Map<string, Map<string, Json>>()
  for (const [key, value] of Object.entries(flat)) {
    const dot = key.indexOf(".")
    const [name, attribute] = dot < 0 ? [key, ""] : [key.slice(0, dot), key.slice(dot + 1)]
    nested.set(name, (nested.get(name) ?? new Map<string, Json>()).set(attribute, value))
  }
  return Object.fromEntries([...nested].map(([name, values]) => [name, Object.fromEntries(values)]))
}

function texts(value: Json | undefined): readonly string[] {
  return [...new Set(listOf(value).filter((one) => typeof one === "string"))].sort()
}
