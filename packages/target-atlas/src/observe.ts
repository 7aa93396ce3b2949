import type { Observation, ObservationProblem, ObservedRecord, Remote, Scope } from "@millrace/target"
import type { Ask, AtlasClient } from "./client.ts"
import { nameOfRecord } from "./desired.ts"
import { type AtlasEntity, livingRefs, textOf } from "./entity.ts"
import { readForeign } from "./foreign.ts"
import { readTerms, type TermNames } from "./glossary.ts"
import { type AtlasMapping, type CollectionMapping, idAttribute, mappingOf } from "./mapping.ts"
import { readFields } from "./read-back.ts"
import { Refused } from "./refused.ts"
import { revisionOf } from "./revision.ts"
import { listType } from "./search.ts"

export interface ObserveContext {
  readonly client: AtlasClient
  readonly mapping: AtlasMapping
  readonly namespace: string
  readonly remoteOf: (entity: AtlasEntity) => Remote
}

/**
 * Reads what Atlas holds for a scope.
 *
 * Where it is known what was applied, each record is read by its name: nothing depends on the index, and what is missing
 * is truly missing. Else the types of ours are listed.
 */
export async function observe(context: ObserveContext, scope: Scope, ask: Ask): Promise<Observation> {
  return collect(
    scope,
    async (collection, terms, found) => {
      const own = mappingOf(context.mapping, collection)
      const known = knownIn(scope, collection)
      if (known === undefined) {
        const hits = await listType(context.client, own.typeName, ask)
        const end = `@${context.namespace}`
        const guids = hits
          .filter(({ typeName, qualifiedName }) => typeName === own.typeName && qualifiedName.endsWith(end))
          .map(({ guid }) => guid)
        for (const entity of await context.client.byGuid(guids, ask, true))
          found(ours(context, scope, collection, entity, terms))
        return
      }
      const names = new Map(
        known.ids.map((id) => [nameOfRecord(context.mapping, context.namespace, collection, id), id]),
      )
      for (const entity of await context.client.named(own.superType, [...names.keys()], ask, true)) {
        const id = names.get(textOf(entity.attributes["qualifiedName"]))
        if (id === undefined) continue
        if (entity.typeName === own.typeName) found(ours(context, scope, collection, entity, terms, id))
        else found(await foreignRecord(context, collection, id, entity, terms, ask))
      }
      for (const [guid, id] of known.foreign) {
        const [entity] = await context.client.byGuid([guid], ask, true)
        if (entity?.status === "ACTIVE") found(await foreignRecord(context, collection, id, entity, terms, ask))
      }
    },
    context,
    ask,
  )
}

/** Like `observe`, and also the entities of others, hooks among them, that stand in our namespace. */
export async function adopt(context: ObserveContext, scope: Scope, ask: Ask): Promise<Observation> {
  return collect(
    scope,
    async (collection, terms, found) => {
      const own = mappingOf(context.mapping, collection)
      const typeName = own.role === "record" ? own.typeName : own.superType
      const hits = await listType(context.client, typeName, ask)
      const end = `@${context.namespace}`
      const guids = hits.filter(({ qualifiedName }) => qualifiedName.endsWith(end)).map(({ guid }) => guid)
      for (const entity of await context.client.byGuid(guids, ask, true)) {
        if (entity.typeName === own.typeName) found(ours(context, scope, collection, entity, terms))
        else if (!isOurType(context.mapping, entity.typeName)) {
          found(await foreignRecord(context, collection, undefined, entity, terms, ask))
        }
      }
    },
    context,
    ask,
  )
}

type Found = (record: ObservedRecord | undefined) => void

async function collect(
  scope: Scope,
  read: (collection: string, terms: TermNames, found: Found) => Promise<void>,
  { client }: ObserveContext,
  ask: Ask,
): Promise<Observation> {
  const records: ObservedRecord[] = []
  const problems: ObservationProblem[] = []
  try {
    const terms = await readTerms(client, ask)
    for (const collection of scope.collections) {
      await read(collection, terms, (record) => {
        if (record !== undefined) records.push(record)
      })
    }
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    problems.push({ where: "Atlas", reason: error.refusal.reason })
  }
  return { records, complete: problems.length === 0, ...(problems.length === 0 ? {} : { problems }) }
}

/** Ids to read by name, and guids of what others made; undefined where nothing is known. */
function knownIn(
  scope: Scope,
  collection: string,
): { readonly ids: readonly string[]; readonly foreign: ReadonlyMap<string, string> } | undefined {
  const { applied, records } = scope
  if (records === undefined && applied === undefined) return undefined
  const ids = new Set<string>()
  const foreign = new Map<string, string>()
  const add = (id: string): void => {
    const known = applied?.get(collection, id)
    if (known?.owner === "foreign" && known.remote.id !== undefined) foreign.set(known.remote.id, id)
    else ids.add(id)
  }
  if (records === undefined) for (const { id } of applied?.all(collection) ?? []) add(id)
  else for (const record of records) if (record.collection === collection) add(record.id)
  return { ids: [...ids], foreign }
}

/** @param id The record that was asked for; else the entity says whose it is. */
function ours(
  { mapping, namespace, remoteOf }: ObserveContext,
  scope: Scope,
  collection: string,
  entity: AtlasEntity,
  terms: TermNames,
  id?: string,
): ObservedRecord | undefined {
  const revision = revisionOf(entity)
  if (revision === undefined) return undefined
  if (
    id === undefined &&
    (revision.workspace !== scope.workspace || revision.collection !== collection.slice(0, 500))
  ) {
    return undefined
  }
  const known = id ?? textOf(entity.attributes[idAttribute])
  const fields = readFields(mapping, namespace, collection, known, entity, terms)
  return { collection, id: known, fields, remote: remoteOf(entity) }
}

async function foreignRecord(
  context: ObserveContext,
  collection: string,
  id: string | undefined,
  entity: AtlasEntity,
  terms: TermNames,
  ask: Ask,
): Promise<ObservedRecord | undefined> {
  const own: CollectionMapping = mappingOf(context.mapping, collection)
  const [ref] = livingRefs(
    entity.relationshipAttributes["table"] === undefined ? [] : [entity.relationshipAttributes["table"]],
  )
  const [table] = ref?.guid === undefined ? [] : await context.client.byGuid([ref.guid], ask)
  const read = readForeign(context.mapping, context.namespace, own, entity, terms, table)
  if (read === undefined) return undefined
  return {
    collection,
    id: id ?? read.id,
    fields: read.fields,
    owner: "foreign",
    ownerName: entity.updatedBy,
    remote: context.remoteOf(entity),
  }
}

function isOurType(mapping: AtlasMapping, typeName: string): boolean {
  return [...Object.values(mapping.collections), mapping.otherwise].some((own) => own.typeName === typeName)
}
