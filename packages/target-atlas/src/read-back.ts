import { sortedJson } from "@millrace/target"
import { fromAttribute, isEmpty, type Json, readsAs, toAttribute } from "./attribute-value.ts"
import { type Fields, fieldsOf, nameOfRecord } from "./desired.ts"
import { type AtlasEntity, livingRefs, textOf } from "./entity.ts"
import { type AtlasMapping, type CollectionMapping, mappingMark, mappingOf, recordAttribute } from "./mapping.ts"
import { isOfAnotherMapping } from "./revision.ts"
import { idInName } from "./qualified-name.ts"

/**
 * The fields of a record as Atlas holds them, as canonical JSON text.
 *
 * The record as it was last sent stands beside the attributes. A field whose attribute reads as what was made of it is
 * that field, exactly; where the attribute differs, somebody changed it there, and it says what the field is now.
 *
 * @param terms Names of glossary terms by guid, where relationships were read; without, terms are taken to be as sent.
 */
export function readFields(
  mapping: AtlasMapping,
  namespace: string,
  collection: string,
  id: string,
  entity: AtlasEntity,
  terms?: ReadonlyMap<string, string>,
): string {
  const own = mappingOf(mapping, collection)
  const sent = sentFields(entity)
  const isOurs = typeof entity.attributes[recordAttribute] === "string"
  const isOlder = isOurs && isOfAnotherMapping(entity, mappingMark(own))
  const fields: Record<string, Json> = { ...sent }
  for (const { field, attribute, type } of own.fields) {
    const read = entity.attributes[attribute] ?? null
    if (readsAs(type, toAttribute(type, sent[field]), read)) continue
    if (isOlder && isEmpty(type, read)) continue
    if (isOurs && sent[field] === undefined && isFallback(own, attribute, read, sent, id)) continue
    put(fields, field, fromAttribute(type, read))
  }
  if (own.role === "process") {
    for (const field of ["inputs", "outputs"]) {
      const names = new Set(setOf(sent[field]).map((one) => nameOfRecord(mapping, namespace, "datasets", one)))
      const read = livingRefs(entity.attributes[field]).map((ref) => textOf(ref.uniqueAttributes?.["qualifiedName"]))
      if (read.length !== names.size || read.some((name) => !names.has(name)))
        put(fields, field, read.map((name) => idInName(name, namespace)).sort())
    }
  }
  putSet(fields, sent, "labels", entity.labels)
  putMap(fields, sent, "classifications", classificationsIn(entity, sent))
  putMap(fields, sent, "businessMetadata", businessIn(entity))
  if (terms !== undefined) putSet(fields, sent, "terms", termsIn(entity, terms))
  return sortedJson(fields)
}

/** The record as it was last sent; empty where it is not ours or cannot be read. */
export function sentFields(entity: AtlasEntity): Fields {
  try {
    return fieldsOf(textOf(entity.attributes[recordAttribute]) || "{}")
  } catch {
    return {}
  }
}

function isFallback(mapping: CollectionMapping, attribute: string, read: Json, sent: Fields, id: string): boolean {
  if (attribute === "name") return read === id || read === sent["expression"] || read === "unnamed"
  return attribute === "type" && mapping.role === "column" && read === "unknown"
}

/** Only what was given to this entity itself, each with those of its attributes that have a value. */
function classificationsIn(entity: AtlasEntity, sent: Fields): Fields {
  const known = sent["classifications"] as Readonly<Record<string, Fields>> | undefined
  const own = entity.classifications.filter(({ entityGuid }) => entityGuid === undefined || entityGuid === entity.guid)
  return Object.fromEntries(
    own.map(({ typeName, attributes }) => {
      const before = known?.[typeName] ?? {}
      const present = Object.entries(attributes ?? {}).filter(
        ([name, value]) => value !== null || before[name] === null,
      )
      // A number that has no value reads as 0.
      const meant = present.filter(([name, value]) => name in before || (value !== 0 && value !== false))
      return [typeName, Object.fromEntries(meant)]
    }),
  )
}

function businessIn(entity: AtlasEntity): Fields {
  return Object.fromEntries(
    Object.entries(entity.businessAttributes).flatMap(([name, values]) =>
      Object.entries(values).flatMap(([attribute, value]) => (value === null ? [] : [[`${name}.${attribute}`, value]])),
    ),
  )
}

function termsIn(entity: AtlasEntity, names: ReadonlyMap<string, string>): readonly string[] {
  return livingRefs(entity.relationshipAttributes["meanings"]).map(
    ({ guid = "", displayText = "" }) => names.get(guid) ?? displayText,
  )
}

function setOf(value: Json | undefined): readonly string[] {
  return Array.isArray(value) ? (value as readonly Json[]).filter((one) => typeof one === "string") : []
}

function putSet(fields: Record<string, Json>, sent: Fields, field: string, read: readonly string[]): void {
  const sorted = [...new Set(read)].sort()
  if (sortedJson(sorted) === sortedJson([...setOf(sent[field])].sort())) return
  put(fields, field, sorted.length === 0 ? undefined : sorted)
}

function putMap(fields: Record<string, Json>, sent: Fields, field: string, read: Fields): void {
  if (sortedJson(read) === sortedJson(sent[field] ?? {})) return
  put(fields, field, Object.keys(read).length === 0 ? undefined : read)
}

function put(fields: Record<string, Json>, field: string, value: Json | undefined): void {
  if (value === undefined) delete fields[field]
  else fields[field] = value
}
