import type { Json } from "./attribute-value.ts"

/** A reference to another entity: by the server's guid, one of the same call (negative), or by name. */
export interface EntityRef {
  readonly typeName?: string
  readonly guid?: string
  readonly uniqueAttributes?: Readonly<Record<string, Json>>
  readonly displayText?: string
  readonly entityStatus?: string
  readonly relationshipStatus?: string
}

export interface Classification {
  readonly typeName: string
  readonly attributes?: Readonly<Record<string, Json>>
  /** The entity that it was given to; another one's where it came along a relationship. */
  readonly entityGuid?: string
}

/** An entity as Atlas answers it, as far as it is read here. */
export interface AtlasEntity {
  readonly typeName: string
  readonly guid: string
  readonly status: string
  readonly attributes: Readonly<Record<string, Json>>
  readonly customAttributes: Readonly<Record<string, Json>>
  readonly labels: readonly string[]
  readonly classifications: readonly Classification[]
  readonly businessAttributes: Readonly<Record<string, Readonly<Record<string, Json>>>>
  readonly relationshipAttributes: Readonly<Record<string, Json>>
  readonly updatedBy: string
  readonly updateTime: number
}

/** What of an answer is an entity; undefined for anything else. */
export function entityOf(value: unknown): AtlasEntity | undefined {
  const { typeName, guid, status, updatedBy, updateTime, labels, classifications, ...rest } = objectOf(value)
  if (typeof typeName !== "string" || typeof guid !== "string") return undefined
  return {
    typeName,
    guid,
    status: typeof status === "string" ? status : "",
    attributes: objectOf(rest["attributes"]),
    customAttributes: objectOf(rest["customAttributes"]),
    labels: listOf(labels).filter((one) => typeof one === "string"),
    classifications: listOf(classifications).flatMap((one) => {
      const { typeName: name, attributes, entityGuid } = objectOf(one)
      if (typeof name !== "string") return []
      const from = typeof entityGuid === "string" ? { entityGuid } : {}
      return [{ typeName: name, attributes: objectOf(attributes), ...from }]
    }),
    businessAttributes: Object.fromEntries(
      Object.entries(objectOf(rest["businessAttributes"])).map(([name, values]) => [name, objectOf(values)]),
    ),
    relationshipAttributes: objectOf(rest["relationshipAttributes"]),
    updatedBy: typeof updatedBy === "string" ? updatedBy : "",
    updateTime: typeof updateTime === "number" ? updateTime : 0,
  }
}

/** References that count: what was deleted stays in Atlas's lists, marked. */
export function livingRefs(value: Json | undefined): readonly EntityRef[] {
  return listOf(value)
    .map((one) => objectOf(one) as EntityRef)
    .filter((ref) => ref.entityStatus !== "DELETED" && ref.relationshipStatus !== "DELETED")
}

export function objectOf(value: unknown): Readonly<Record<string, Json>> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, Json>>)
    : {}
}

export function listOf(value: unknown): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : []
}

export function textOf(value: Json | undefined): string {
  return typeof value === "string" ? value : ""
}
