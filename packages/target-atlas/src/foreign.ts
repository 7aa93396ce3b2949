import { sortedJson } from "@millrace/target"
import type { Json } from "./attribute-value.ts"
import { type AtlasEntity, livingRefs, objectOf, textOf } from "./entity.ts"
import type { TermNames } from "./glossary.ts"
import type { AtlasMapping, CollectionMapping } from "./mapping.ts"
import { idInName } from "./qualified-name.ts"
import { readFields } from "./read-back.ts"

/**
 * What somebody else's entity is as a record: a hive table as a dataset, a hive column as a column of its table.
 *
 * @param table The table of a column. A column without one is no record.
 */
export function readForeign(
  mapping: AtlasMapping,
  namespace: string,
  own: CollectionMapping,
  entity: AtlasEntity,
  terms: TermNames,
  table: AtlasEntity | undefined,
): { readonly id: string; readonly fields: string } | undefined {
  const name = textOf(entity.attributes["qualifiedName"])
  const id = idInName(name, namespace)
  const fields: Record<string, Json> = {
    ...objectOf(JSON.parse(readFields(mapping, namespace, own.collection, id, entity, terms))),
  }
  switch (own.role) {
    case "table": {
      const [database] = livingRefs([entity.relationshipAttributes["db"] ?? null])
      fields["database"] = database?.displayText ?? (id.includes(".") ? id.slice(0, id.indexOf(".")) : "default")
      fields["external"] = textOf(entity.attributes["tableType"]).toUpperCase() === "EXTERNAL_TABLE"
      return { id, fields: sortedJson(fields) }
    }
    case "column": {
      if (table === undefined) return undefined
      const [ref] = livingRefs([entity.relationshipAttributes["table"] ?? null])
      const isPartition = textOf(objectOf(ref)["relationshipType"]) === "hive_table_partitionkeys"
      const dataset = idInName(textOf(table.attributes["qualifiedName"]), namespace)
      const role = isPartition ? "partition" : "column"
      const position = Number(entity.attributes["position"] ?? 0)
      return { id: `${dataset}/${role}/${position}`, fields: sortedJson({ ...fields, dataset, role, position }) }
    }
    case "process":
    case "record":
      return { id, fields: sortedJson(fields) }
  }
}
