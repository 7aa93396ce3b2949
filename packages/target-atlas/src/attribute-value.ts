import { sortedJson } from "@millrace/target"

/** The types of Atlas that a field can be kept as; `json` is a string that holds any value as canonical JSON. */
export type AttributeType =
  | "string"
  | "boolean"
  | "int"
  | "long"
  | "float"
  | "double"
  | "date"
  | "array<string>"
  | "json"

export const attributeTypes: readonly AttributeType[] = [
  "string",
  "boolean",
  "int",
  "long",
  "float",
  "double",
  "date",
  "array<string>",
  "json",
]

/** A value of JSON as Atlas takes and gives it. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/** Name of the type in a type definition. */
export function typeNameOf(type: AttributeType): string {
  return type === "json" ? "string" : type
}

/**
 * A field's value, as it stands in canonical JSON, as an attribute's value; a missing field is null, which clears.
 *
 * What does not fit the type goes as it is: the server refuses it and says why.
 */
export function toAttribute(type: AttributeType, value: Json | undefined): Json {
  if (value === undefined || value === null) return null
  if (type === "json") return sortedJson(value)
  if (type === "string" && typeof value !== "string") return sortedJson(value)
  if (type === "date" && isTaggedDate(value)) return value["$d"] ?? null
  // Atlas compares arrays in their order, also those that it calls sets.
  if (type === "array<string>" && Array.isArray(value)) return [...(value as readonly Json[])].sort(byText)
  return value
}

/** What an attribute's value means as a field's; undefined for a field that is not there. */
export function fromAttribute(type: AttributeType, value: Json): Json | undefined {
  if (value === null) return undefined
  if (type === "date") return typeof value === "number" ? { $d: value } : value
  if (type !== "json" || typeof value !== "string") return value
  try {
    return JSON.parse(value) as Json
  } catch {
    return value
  }
}

/** Whether what was read is what was sent: Atlas reads a number or a boolean that was cleared as 0 and false. */
export function readsAs(type: AttributeType, sent: Json, read: Json): boolean {
  if (sent === null && isEmpty(type, read)) return true
  return sortedJson(sent) === sortedJson(read)
}

/** Whether what was read is what an attribute without a value reads as. */
export function isEmpty(type: AttributeType, read: Json): boolean {
  switch (type) {
    case "boolean":
      return read === null || read === false
    case "int":
    case "long":
    case "float":
    case "double":
    case "date":
      return read === null || read === 0
    case "array<string>":
      return read === null || (Array.isArray(read) && read.length === 0)
    case "string":
    case "json":
      return read === null
  }
}

function isTaggedDate(value: Json): value is { readonly $d: number } {
  return typeof value === "object" && value !== null && "$d" in value
}

function byText(a: Json, b: Json): number {
  return sortedJson(a) < sortedJson(b) ? -1 : 1
}
