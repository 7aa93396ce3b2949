import type { Applied, Change } from "@millrace/target"
import { type Desired, desiredOf, nameOfRecord } from "./desired.ts"
import type { AtlasEntity } from "./entity.ts"
import { type AtlasMapping, type CollectionMapping, databaseType, mappingOf } from "./mapping.ts"
import { readFields } from "./read-back.ts"
import { isLater, revisionOf } from "./revision.ts"

/** Entities as they were found: by the type that was asked for, then by qualified name. */
export type Found = ReadonlyMap<string, ReadonlyMap<string, AtlasEntity>>

/** One record on its way: the latest of its changes, and what it needs. */
export interface Step {
  readonly change: Change
  readonly applied: Applied | undefined
  readonly own: CollectionMapping
  readonly name: string
  readonly namespace: string
  /** Undefined for a deletion. */
  readonly desired: Desired | undefined
  /** Of a deletion: what the record was. */
  readonly past?: Desired
}

export function stepOf(mapping: AtlasMapping, namespace: string, change: Change, applied: Applied | undefined): Step {
  return {
    change,
    applied,
    namespace,
    own: mappingOf(mapping, change.collection),
    name: nameOfRecord(mapping, namespace, change.collection, change.id),
    desired: change.after === null ? undefined : desiredOf(mapping, namespace, change, change.after),
    ...(change.after !== null || change.before === null
      ? {}
      : { past: desiredOf(mapping, namespace, change, change.before) }),
  }
}

/** Names to look up before the steps are decided, by type: the records' own, and those of what they refer to. */
export function lookupsOf(mapping: AtlasMapping, steps: readonly Step[]): ReadonlyMap<string, ReadonlySet<string>> {
  const names = new Map<string, Set<string>>()
  const add = (typeName: string, name: string): void => {
    names.set(typeName, (names.get(typeName) ?? new Set<string>()).add(name))
  }
  const tableType = mappingOf(mapping, "datasets").superType
  for (const { own, name, desired, past } of steps) {
    add(own.superType, name)
    if (desired?.database !== undefined) add(databaseType.superType, desired.database)
    for (const table of referredTables(desired ?? past)) add(tableType, table)
  }
  return names
}

/** Qualified names of the tables that an entity refers to. */
export function referredTables(desired: Desired | undefined): readonly string[] {
  return [
    ...(desired?.table === undefined ? [] : [desired.table]),
    ...(desired?.inputs ?? []),
    ...(desired?.outputs ?? []),
  ]
}

export type Decision =
  | { readonly type: "create"; readonly entity?: undefined }
  | { readonly type: "update" | "delete"; readonly entity: AtlasEntity }
  /** Nothing to do; `fields` is what Atlas holds, undefined where it holds no such record. */
  | { readonly type: "none"; readonly fields: string | undefined; readonly entity?: AtlasEntity }
  /** Somebody else's. */
  | { readonly type: "conflict"; readonly reason: string }

/** What is to be done for a step, where Atlas holds `entity` under its name. */
export function decide(
  mapping: AtlasMapping,
  step: Step,
  entity: AtlasEntity | undefined,
  terms?: ReadonlyMap<string, string>,
): Decision {
  const { change, applied, own, namespace } = step
  if (applied?.owner === "foreign") return foreign(step, applied.remote.author)
  if (entity === undefined) return change.after === null ? { type: "none", fields: undefined } : { type: "create" }
  if (entity.typeName !== own.typeName) return foreign(step, entity.updatedBy)
  const revision = revisionOf(entity)
  if (change.after === null) {
    if (revision !== undefined && isLater(revision, change)) return none(mapping, step, entity, terms)
    return { type: "delete", entity }
  }
  if (revision === undefined) return { type: "update", entity }
  if (isLater(revision, change)) return none(mapping, step, entity, terms)
  const held = readFields(mapping, namespace, change.collection, change.id, entity, terms)
  if (revision.eventId === change.eventId && held === change.after) return { type: "none", fields: held, entity }
  return { type: "update", entity }
}

function none(
  mapping: AtlasMapping,
  step: Step,
  entity: AtlasEntity,
  terms: ReadonlyMap<string, string> | undefined,
): Decision {
  const { change, namespace } = step
  return { type: "none", entity, fields: readFields(mapping, namespace, change.collection, change.id, entity, terms) }
}

/** What a hook or a person made is left alone: never deleted, never written over. */
function foreign(step: Step, owner: string | undefined): Decision {
  const { change, applied, name } = step
  if (change.after === null) return { type: "none", fields: undefined }
  if (applied?.owner === "foreign" && applied.observed === change.after) return { type: "none", fields: change.after }
  const who = owner === undefined || owner === "" ? "somebody else" : owner
  return { type: "conflict", reason: `${name} was made in Atlas by ${who} and is left alone; change it there` }
}
