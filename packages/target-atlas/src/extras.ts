import { sortedJson } from "@millrace/target"
import type { Ask, AtlasClient } from "./client.ts"
import type { Desired } from "./desired.ts"
import type { AtlasEntity } from "./entity.ts"

/** Brings labels, classifications and business metadata of an entity that was there to what is desired, each by its own endpoint. */
export async function bringExtras(client: AtlasClient, entity: AtlasEntity, desired: Desired, ask: Ask): Promise<void> {
  const path = `v2/entity/guid/${entity.guid}`
  if (sortedJson([...entity.labels].sort()) !== sortedJson(desired.labels)) {
    await client.send("POST", `${path}/labels`, ask, desired.labels)
  }
  await bringClassifications(client, path, entity, desired, ask)
  await bringBusinessMetadata(client, path, entity, desired, ask)
}

async function bringClassifications(
  client: AtlasClient,
  path: string,
  entity: AtlasEntity,
  desired: Desired,
  ask: Ask,
): Promise<void> {
  const own = entity.classifications.filter(({ entityGuid }) => entityGuid === undefined || entityGuid === entity.guid)
  const held = new Map(own.map((one) => [one.typeName, one]))
  const wanted = new Set(desired.classifications.map(({ typeName }) => typeName))
  const added = desired.classifications.filter(({ typeName }) => !held.has(typeName))
  const changed = desired.classifications.flatMap(({ typeName, attributes = {} }) => {
    const before = held.get(typeName)?.attributes
    if (before === undefined) return []
    // One that is left out is cleared, which takes a null.
    const whole = { ...Object.fromEntries(Object.keys(before).map((name) => [name, null])), ...attributes }
    const differs = Object.entries(whole).some(
      ([name, value]) => sortedJson(value) !== sortedJson(before[name] ?? null),
    )
    return differs ? [{ typeName, attributes: whole }] : []
  })
  if (added.length > 0) await client.send("POST", `${path}/classifications`, ask, added)
  if (changed.length > 0) await client.send("PUT", `${path}/classifications`, ask, changed)
  for (const name of held.keys()) {
    if (!wanted.has(name)) await client.send("DELETE", `${path}/classification/${name}`, ask)
  }
}

async function bringBusinessMetadata(
  client: AtlasClient,
  path: string,
  entity: AtlasEntity,
  desired: Desired,
  ask: Ask,
): Promise<void> {
  const names = new Set([...Object.keys(entity.businessAttributes), ...Object.keys(desired.businessAttributes)])
  for (const name of names) {
    const held = entity.businessAttributes[name] ?? {}
    const wanted = desired.businessAttributes[name] ?? {}
    const set = Object.entries(wanted).filter(([key, value]) => sortedJson(value) !== sortedJson(held[key] ?? null))
    const removed = Object.entries(held).filter(([key, value]) => value !== null && !Object.hasOwn(wanted, key))
    const at = `${path}/businessmetadata/${name}`
    if (set.length > 0) await client.send("POST", at, ask, Object.fromEntries(set))
    if (removed.length > 0) await client.send("DELETE", at, ask, Object.fromEntries(removed))
  }
}
