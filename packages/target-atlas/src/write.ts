import type { Refusal, Remote } from "@millrace/target"
import { bulkOf, type BulkContext, farewellOf, type Writing } from "./bulk.ts"
import { refusal } from "./classify.ts"
import type { Ask, AtlasClient } from "./client.ts"
import type { AtlasEntity } from "./entity.ts"
import { objectOf, textOf } from "./entity.ts"
import { bringExtras } from "./extras.ts"
import { ensureTerms, isTermName, readTerms, type TermNames } from "./glossary.ts"
import type { AtlasMapping } from "./mapping.ts"
import { overtakenByDeletion, type Suspects } from "./past.ts"
import { readFields } from "./read-back.ts"
import { Refused } from "./refused.ts"
import { decide, type Decision, type Found, lookupsOf, type Step } from "./step.ts"
import type { KnownTypes } from "./types.ts"

/** What became of a record. */
export type Result = Refusal | { readonly outcome: "accepted"; readonly observed?: string; readonly remote?: Remote }

export interface WriteContext {
  readonly client: AtlasClient
  readonly mapping: AtlasMapping
  readonly types: KnownTypes
  /** Reads the types again: somebody may have made what was missing. */
  readonly readTypes: (ask: Ask) => Promise<KnownTypes>
  readonly suspects: Suspects
  readonly remoteOf: (entity: AtlasEntity) => Remote
}

/** Looks up what Atlas holds under the names of the steps and of what they refer to. */
export async function lookUp(
  client: AtlasClient,
  mapping: AtlasMapping,
  steps: readonly Step[],
  ask: Ask,
): Promise<Found> {
  const found = new Map<string, ReadonlyMap<string, AtlasEntity>>()
  for (const [typeName, names] of lookupsOf(mapping, steps)) {
    const entities = await client.named(typeName, [...names], ask, steps.some(hasTerms))
    found.set(typeName, new Map(entities.map((entity) => [textOf(entity.attributes["qualifiedName"]), entity])))
  }
  return found
}

/** Terms are read with relationships, which costs; only where a record has some. */
export function hasTerms({ change }: Step): boolean {
  return [change.before, change.after].some((text) => text?.includes('"terms":') === true)
}

/** What is to be done for each step, and the glossary as far as it was needed to tell. */
export async function decideAll(
  context: Pick<WriteContext, "client" | "mapping">,
  steps: readonly Step[],
  found: Found,
  ask: Ask,
): Promise<{ readonly decisions: ReadonlyMap<Step, Decision>; readonly terms: TermNames | undefined }> {
  const terms = steps.some(hasTerms) ? await readTerms(context.client, ask) : undefined
  const decisions = new Map(
    steps.map((step) => [step, decide(context.mapping, step, found.get(step.own.superType)?.get(step.name), terms)]),
  )
  const absent = steps.filter((step) => decisions.get(step)?.type === "create")
  for (const step of await overtakenByDeletion(context.client, absent, ask)) {
    decisions.set(step, { type: "none", fields: undefined })
  }
  return { decisions, terms }
}

/** What has come of a run of records so far. */
export interface Written {
  /** Complete once `finished` has resolved. */
  readonly results: ReadonlyMap<Step, Result>
  /** Never rejects but for an abort. */
  readonly finished: Promise<void>
}

/**
 * Brings a run of records, each once, to Atlas: one bulk for all that is written, then what needs calls of its own.
 *
 * Resolves when all is written; what Atlas made of it is read while the next run is on its way.
 */
export async function writeSteps(context: WriteContext, steps: readonly Step[], ask: Ask): Promise<Written> {
  const { client, mapping, suspects } = context
  const results = new Map<Step, Result>()
  const give = (refused: Refusal): void => {
    for (const step of steps) if (!results.has(step)) results.set(step, refused)
  }
  try {
    const found = await lookUp(client, mapping, steps, ask)
    const { decisions } = await decideAll(context, steps, found, ask)
    const writings: Writing[] = []
    const farewells: { step: Step; entity: AtlasEntity }[] = []
    for (const [step, decision] of decisions) {
      if (decision.type === "none") results.set(step, settled(context, decision))
      else if (decision.type === "conflict") results.set(step, refusal("conflict", decision.reason))
      else if (decision.type === "delete") farewells.push({ step, entity: decision.entity })
      else {
        const problem = problemOf(context.types, step) && problemOf(await context.readTypes(ask), step)
        if (problem === undefined) writings.push({ step, entity: decision.entity })
        else results.set(step, refusal("invalid", problem))
      }
    }
    const guids = await sendBulk(context, found, writings, farewells, ask)
    for (const { step, entity } of writings) {
      const { desired } = step
      if (entity === undefined || desired === undefined) continue
      const failure = await refusalOf(() => bringExtras(client, entity, desired, ask))
      if (failure !== undefined) results.set(step, failure)
    }
    if (farewells.length > 0) {
      // Columns before their tables, which would take them along.
      const ordered = [...farewells].sort(
        (a, b) => Number(a.step.own.role === "table") - Number(b.step.own.role === "table"),
      )
      await client.send("DELETE", "v2/entity/bulk", ask, undefined, { guid: ordered.map(({ entity }) => entity.guid) })
      for (const { step } of farewells) results.set(step, { outcome: "accepted" })
    }
    const finished = refusalOf(() => readBack(context, writings, guids, results, suspects, ask)).then((refused) => {
      if (refused !== undefined) give(refused)
    })
    // Awaited by the caller after the next run, which may reject first.
    finished.catch(() => {})
    return { results, finished }
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    give(error.refusal)
  }
  return { results, finished: Promise.resolve() }
}

async function sendBulk(
  { client, mapping, types, suspects }: WriteContext,
  found: Found,
  writings: readonly Writing[],
  farewells: readonly { readonly step: Step; readonly entity: AtlasEntity }[],
  ask: Ask,
): Promise<ReadonlyMap<Step, string>> {
  if (writings.length + farewells.length === 0) return new Map()
  const names = [...new Set(writings.flatMap(({ step }) => step.desired?.terms ?? []))]
  const context: BulkContext = { mapping, types, found, terms: await ensureTerms(client, names, ask) }
  const bulk = bulkOf(writings, context)
  const entities = [...bulk.entities, ...farewellOf(farewells, context)]
  const records = writings.length + farewells.length
  let answer: unknown
  try {
    answer = await client.send("POST", "v2/entity/bulk", { ...ask, records }, { entities })
  } catch (error) {
    if (error instanceof Refused && error.isUnheard) {
      for (const { step, entity } of writings) if (entity === undefined) suspects.add(step.own.typeName, step.name)
    }
    throw error
  }
  const assigned = objectOf(objectOf(answer)["guidAssignments"])
  return new Map([...bulk.guids].map(([step, guid]) => [step, textOf(assigned[guid])]))
}

async function readBack(
  { client, mapping, remoteOf }: WriteContext,
  writings: readonly Writing[],
  guids: ReadonlyMap<Step, string>,
  results: Map<Step, Result>,
  suspects: Suspects,
  ask: Ask,
): Promise<void> {
  const steps = writings.map(({ step }) => step)
  const relations = steps.some(hasTerms)
  const terms = relations ? await readTerms(client, ask) : undefined
  const entities = await client.byGuid(
    [...guids.values()].filter((guid) => guid !== ""),
    ask,
    relations,
  )
  const held = new Map(entities.map((entity) => [entity.guid, entity]))
  for (const step of steps) {
    if (results.has(step)) continue
    const entity = held.get(guids.get(step) ?? "")
    const { collection, id, after } = step.change
    const read = entity === undefined ? undefined : readFields(mapping, step.namespace, collection, id, entity, terms)
    const isOurs = read === after || (entity !== undefined && (await isLastByUs(client, step, entity, ask)))
    // What somebody changed since must not pass for what the server made of ours: it is found at the next look.
    const observed = isOurs ? read : (after ?? undefined)
    results.set(step, {
      outcome: "accepted",
      ...(observed === undefined ? {} : { observed }),
      ...(entity === undefined ? {} : { remote: remoteOf(entity) }),
    })
  }
  await suspects.clear(client, entities, ask)
}

/** Whether the last change of an entity is the one that we sent; not where nobody can tell. */
async function isLastByUs(client: AtlasClient, { change }: Step, entity: AtlasEntity, ask: Ask): Promise<boolean> {
  try {
    return (await client.lastChange(entity.guid, ask)).includes(change.eventId)
  } catch (error) {
    if (error instanceof Refused) return false
    throw error
  }
}

/** What Atlas would answer with a 500 that says nothing, or drop without a word. */
function problemOf(types: KnownTypes, { desired }: Step): string | undefined {
  for (const { typeName } of desired?.classifications ?? []) {
    if (!types.classifications.has(typeName)) {
      return `Atlas has no classification "${typeName}": make it there, or name it in the target's classifications`
    }
  }
  for (const [name, values] of Object.entries(desired?.businessAttributes ?? {})) {
    const known = types.businessMetadata.get(name)
    const missing = Object.keys(values).find((attribute) => known?.has(attribute) !== true)
    if (missing !== undefined) {
      return `Atlas has no business metadata "${name}.${missing}": make it there, or name it in the target's businessMetadata`
    }
  }
  const term = desired?.terms.find((name) => !isTermName(name))
  return term === undefined ? undefined : `"${term}" names no glossary term: write TERM@GLOSSARY`
}

function settled({ remoteOf }: WriteContext, { fields, entity }: Extract<Decision, { type: "none" }>): Result {
  return {
    outcome: "accepted",
    ...(fields === undefined ? {} : { observed: fields }),
    ...(entity === undefined ? {} : { remote: remoteOf(entity) }),
  }
}

async function refusalOf(run: () => Promise<void>): Promise<Refusal | undefined> {
  try {
    await run()
    return undefined
  } catch (error) {
    if (error instanceof Refused) return error.refusal
    throw error
  }
}
