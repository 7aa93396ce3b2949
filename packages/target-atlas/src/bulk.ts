import type { Json } from "./attribute-value.ts"
import type { AtlasEntity, EntityRef } from "./entity.ts"
import { type AtlasMapping, databaseType, mappingMark, mappingOf } from "./mapping.ts"
import { idInName } from "./qualified-name.ts"
import { sentFields } from "./read-back.ts"
import { revisionMarks } from "./revision.ts"
import { type Found, type Step } from "./step.ts"
import type { KnownTypes } from "./types.ts"

export interface Writing {
  readonly step: Step
  /** What is there already. */
  readonly entity: AtlasEntity | undefined
}

/** The body of `POST /v2/entity/bulk`. */
export interface Bulk {
  readonly entities: readonly object[]
  /** The guid that stands for each record until the server has given it one. */
  readonly guids: ReadonlyMap<Step, string>
}

export interface BulkContext {
  readonly mapping: AtlasMapping
  readonly types: KnownTypes
  readonly found: Found
  /** Guids of glossary terms by name. */
  readonly terms: ReadonlyMap<string, string>
}

/**
 * Puts records into one atomic call, with all that they refer to and Atlas lacks.
 *
 * Entities of one call refer to each other by negative guids, since Atlas finds no name that is made in the same call. A
 * table that a column or a process names before it came stands there by name alone until it comes.
 */
export function bulkOf(writings: readonly Writing[], context: BulkContext): Bulk {
  const { mapping, types, found, terms } = context
  const entities: object[] = []
  const guids = new Map<Step, string>()
  const refs = new Map<string, EntityRef>()
  const key = (typeName: string, name: string): string => JSON.stringify([typeName, name])
  let guidCount = 0
  const nextGuid = (): string => `-${(guidCount += 1)}`

  for (const { step } of writings) {
    const guid = nextGuid()
    guids.set(step, guid)
    refs.set(key(step.own.superType, step.name), { guid, typeName: step.own.typeName })
  }
  const refer = (
    typeName: string,
    superType: string,
    name: string,
    namespace: string,
    extra: object = {},
  ): EntityRef => {
    const made = refs.get(key(superType, name))
    if (made !== undefined) return made
    const there = found.get(superType)?.get(name)
    const ref = { guid: there?.guid ?? nextGuid(), typeName: there?.typeName ?? typeName }
    refs.set(key(superType, name), ref)
    if (there === undefined) {
      const shown = idInName(name, namespace) || "unnamed"
      entities.push({ ...ref, attributes: { qualifiedName: name, name: shown, ...extra } })
    }
    return ref
  }
  const tables = mappingOf(mapping, "datasets")
  const table = (name: string, step: Step): EntityRef => refer(tables.typeName, tables.superType, name, step.namespace)

  for (const { step, entity } of writings) {
    const { desired, own, change, namespace } = step
    if (desired === undefined) continue
    const relations = types.relationsOf(own.superType)
    const relationshipAttributes: Record<string, Json | readonly EntityRef[] | object> = {}
    if (desired.database !== undefined && relations.has("db")) {
      relationshipAttributes["db"] = refer(databaseType.typeName, databaseType.superType, desired.database, namespace, {
        clusterName: namespace,
      })
    }
    if (desired.table !== undefined && relations.has("table")) {
      const relationshipType = relationshipOf(desired.isPartition)
      relationshipAttributes["table"] = { ...table(desired.table, step), relationshipType }
    }
    if (desired.inputs !== undefined) relationshipAttributes["inputs"] = desired.inputs.map((name) => table(name, step))
    if (desired.outputs !== undefined)
      relationshipAttributes["outputs"] = desired.outputs.map((name) => table(name, step))
    if (desired.terms.length > 0 || (entity !== undefined && sentFields(entity)["terms"] !== undefined)) {
      relationshipAttributes["meanings"] = desired.terms.map((name) => ({
        guid: terms.get(name) ?? "",
        typeName: "AtlasGlossaryTerm",
      }))
    }
    // Atlas takes these three on a create alone, and ignores them without a word later.
    const onCreate = {
      labels: desired.labels,
      classifications: desired.classifications,
      businessAttributes: desired.businessAttributes,
    }
    entities.push({
      typeName: own.typeName,
      guid: guids.get(step),
      attributes: desired.attributes,
      relationshipAttributes,
      customAttributes: revisionMarks(change, mappingMark(own), entity),
      ...(entity === undefined ? onCreate : {}),
    })
  }
  return { entities, guids }
}

/**
 * Marks entities as deleted by these changes, so that an older version never brings one back.
 *
 * Atlas wants all that is mandatory again: a column whose table cannot be told goes without a mark.
 */
export function farewellOf(
  writings: readonly { readonly step: Step; readonly entity: AtlasEntity }[],
  { mapping, found, types }: BulkContext,
): readonly object[] {
  const tables = found.get(mappingOf(mapping, "datasets").superType)
  return writings.flatMap(({ step, entity }) => {
    const inTable = types.relationsOf(step.own.superType).has("table")
    const table = tables?.get(step.past?.table ?? "")
    if (inTable && table === undefined) return []
    const ref = {
      guid: table?.guid,
      typeName: table?.typeName,
      relationshipType: relationshipOf(step.past?.isPartition),
    }
    return [
      {
        typeName: entity.typeName,
        guid: entity.guid,
        attributes: {
          qualifiedName: step.name,
          name: entity.attributes["name"] ?? "",
          ...(step.own.role === "column" ? { type: entity.attributes["type"] ?? "" } : {}),
        },
        ...(inTable ? { relationshipAttributes: { table: ref } } : {}),
        customAttributes: revisionMarks(step.change, mappingMark(step.own), entity),
      },
    ]
  })
}

/** A column's place in its table. */
function relationshipOf(isPartition: boolean | undefined): string {
  return isPartition === true ? "hive_table_partitionkeys" : "hive_table_columns"
}
