import type { Applied, Batch, Change, Receipt, Refusal, Remote } from "@millrace/target"
import { keyOf } from "./application.ts"
import type { Definition, DefinitionTree, PublishedCollection } from "./definition.ts"
import { isPublished, ownerOf, withChanges } from "./draft.ts"
import { type Publication, type PublishedDefinition, readPublication, writePublication } from "./published.ts"
import { endSchedule, publishSchedule } from "./schedules.ts"
import { treeOf } from "./tree.ts"
import { assemble, folderParts, jobProperties, prepareApplication, refusal, type Workshop } from "./workshop.ts"

type Verdict = Refusal | { readonly outcome: "accepted"; readonly remote?: Remote }

/** What a definition's own change in a batch says beside its fields. */
export interface Said {
  readonly applied: Applied | null
  readonly marker: string
}

/**
 * Publishes what the changes make of the definitions: each definition by itself, so one that is refused keeps its
 * former state and holds back no other. What changed in a workflow reaches every schedule that runs it.
 */
export async function publishBatch(workshop: Workshop, batch: Batch, signal: AbortSignal): Promise<readonly Receipt[]> {
  const workspaces = [...new Set(batch.changes.map(({ workspace }) => workspace))]
  const receipts = new Map<Change, Verdict>()
  for (const workspace of workspaces) await publishWorkspace(workshop, batch, workspace, receipts, signal)
  return batch.changes.map((change) => ({
    eventId: change.eventId,
    ...(receipts.get(change) ?? refusal("bug", "The change was lost; please report it.")),
  }))
}

async function publishWorkspace(
  workshop: Workshop,
  batch: Batch,
  workspace: string,
  receipts: Map<Change, Verdict>,
  signal: AbortSignal,
): Promise<void> {
  const changes = batch.changes.filter((change) => change.workspace === workspace)
  const folder = folderParts(workshop.config, workspace)
  const former = await readPublication(workshop.hdfs, folder, signal)
  if ("outcome" in former) {
    for (const change of changes) receipts.set(change, former)
    return
  }
  const tree = treeOf(withChanges(former.records, changes, () => true))
  const verdicts = new Map<string, Verdict>()
  const definitions = new Map(former.definitions.map((one) => [keyOf(one), one]))
  const said = saidOf(batch)

  // Those that others run come first; what is taken away ends before.
  for (const gone of former.definitions.filter((one) => tree.get(one.collection, one.id) === undefined)) {
    const verdict = await takeBack(workshop, workspace, gone, said.get(keyOf(gone)), signal)
    verdicts.set(keyOf(gone), verdict)
    if (verdict.outcome === "accepted") definitions.delete(keyOf(gone))
  }
  const bundled = await membersOfBundles(workshop, tree)
  for (const definition of tree.definitions) {
    signal.throwIfAborted()
    const key = keyOf(definition)
    const verdict = await publishOne(workshop, workspace, definition, tree, {
      former: definitions.get(key),
      said: said.get(key),
      isBundled: bundled.has(key),
      signal,
    })
    if (verdict === undefined) continue
    verdicts.set(key, verdict.verdict)
    if (verdict.published !== undefined) definitions.set(key, verdict.published)
  }

  const refused = (owner: string): boolean => verdicts.get(owner)?.outcome === "failed"
  const records = withChanges(former.records, changes, (owner) => !refused(owner))
  const next: Publication = { records, definitions: [...definitions.values()] }
  const unwritten =
    JSON.stringify(next) === JSON.stringify(former)
      ? undefined
      : await writePublication(workshop.hdfs, folder, next, signal)
  for (const change of changes) receipts.set(change, verdictOf(change, verdicts, tree, unwritten))
}

interface Circumstances {
  readonly former: PublishedDefinition | undefined
  readonly said: Said | undefined
  readonly isBundled: boolean
  readonly signal: AbortSignal
}

/** Undefined where the definition is as it was published and nobody spoke of it. */
async function publishOne(
  workshop: Workshop,
  workspace: string,
  definition: Definition,
  tree: DefinitionTree,
  { former, said, isBundled, signal }: Circumstances,
): Promise<{ readonly verdict: Verdict; readonly published?: PublishedDefinition } | undefined> {
  const application = await assemble(workshop, definition, tree)
  if ("outcome" in application) return { verdict: application }
  const { collection, id, name, path } = definition
  const published = { collection, id, name, path, hash: application.hash }
  if (said === undefined && former?.hash === application.hash && former.name === name) return undefined
  if (collection === "workflows" || isBundled) {
    const prepared = await prepareApplication(workshop, application, workspace, signal)
    if (prepared !== undefined) return { verdict: prepared }
    const property = collection === "workflows" ? "oozie.wf.application.path" : "oozie.coord.application.path"
    const place = jobProperties(workshop.config, application, workspace)[property] ?? ""
    return { verdict: { outcome: "accepted", remote: { id: place, revision: application.hash } }, published }
  }
  const applied = said?.applied ?? null
  const order = { workspace, definition, tree, applied, marker: said?.marker ?? "", signal }
  const verdict = await publishSchedule(workshop, order)
  if (verdict.outcome === "failed") return { verdict }
  return { verdict: { outcome: "accepted", remote: verdict.remote }, published }
}

async function takeBack(
  workshop: Workshop,
  workspace: string,
  gone: PublishedDefinition,
  said: Said | undefined,
  signal: AbortSignal,
): Promise<Verdict> {
  // Running workflows may still read their files, and an earlier release may come back.
  if (gone.collection === "workflows") return { outcome: "accepted" }
  const order = { workspace, definition: gone, applied: said?.applied ?? null, marker: "", signal }
  const ended = await endSchedule(workshop, order)
  return ended.outcome === "failed" ? ended : { outcome: "accepted" }
}

/** Coordinators that a bundle runs; those have no job of their own beside it. */
export async function membersOfBundles(workshop: Workshop, tree: DefinitionTree): Promise<ReadonlySet<string>> {
  const members = new Set<string>()
  for (const bundle of tree.definitions.filter(({ collection }) => collection === "bundles")) {
    const application = await assemble(workshop, bundle, tree)
    if ("outcome" in application) continue
    for (const key of application.members) if (key !== keyOf(bundle)) members.add(key)
  }
  return members
}

/** By `keyOf` of a definition: what its own change says, the last one where there are several. */
export function saidOf(batch: Batch): ReadonlyMap<string, Said> {
  const said = new Map<string, Said>()
  for (const [at, change] of batch.changes.entries()) {
    if (!isPublished(change.collection)) continue
    const collection: PublishedCollection = change.collection
    said.set(keyOf({ collection, id: change.id }), {
      applied: batch.applied?.[at] ?? null,
      marker: batch.intents?.[at]?.marker ?? change.eventId,
    })
  }
  return said
}

function verdictOf(
  change: Change,
  verdicts: ReadonlyMap<string, Verdict>,
  tree: DefinitionTree,
  unwritten: Refusal | undefined,
): Verdict {
  const owner = ownerOf(change)
  if (owner === undefined) {
    return refusal("invalid", `Oozie is not told of ${change.collection}: take it out of the binding's collections.`)
  }
  const verdict = verdicts.get(owner)
  if (verdict?.outcome === "failed") return verdict
  if (unwritten !== undefined) return unwritten
  const isDefinition = isPublished(change.collection)
  // A part of a workflow that is not there, and no deletion with it.
  if (!isDefinition && owner !== "files" && change.after !== null && !hasDefinition(tree, owner)) {
    return refusal("invalid", "Its workflow does not exist: restore it, or delete this.")
  }
  return isDefinition && verdict !== undefined ? verdict : { outcome: "accepted" }
}

function hasDefinition(tree: DefinitionTree, key: string): boolean {
  return tree.definitions.some((one) => keyOf(one) === key)
}
