import { getOwn, parseCanonical } from "@millrace/model"
import {
  type Observation,
  type ObservationProblem,
  type ObservedRecord,
  type Scope,
  sortedJson,
} from "@millrace/target"
import { definitionDigest } from "./definition-digest.ts"
import { fileCollections, isPublished } from "./draft.ts"
import { findOurs } from "./find-job.ts"
import { hasEnded, oozieTime } from "./jobs.ts"
import { type PublishedDefinition, type PublishedRecord, readPublication } from "./published.ts"
import { literalTime } from "./schedule.ts"
import { partCollections } from "./tree.ts"
import { folderParts, refusedBy, type Workshop } from "./workshop.ts"

const maxProblems = 100

/** What of a definition others changed at the server; `gone` where it runs, or lies, nowhere any more. */
type Drift = "gone" | { readonly fields: Readonly<Record<string, unknown>> } | { readonly problem: ObservationProblem }

/**
 * What is published, as it is at the server now.
 *
 * A schedule whose job somebody killed, and a workflow whose file is gone, are not there; an end that was moved, a
 * definition that was changed in place are fields that differ from what was sent.
 */
export async function observe(workshop: Workshop, scope: Scope, signal: AbortSignal): Promise<Observation> {
  const folder = folderParts(workshop.config, scope.workspace)
  const published = await readPublication(workshop.hdfs, folder, signal)
  if ("outcome" in published) {
    return { records: [], complete: false, problems: [{ where: `/${folder.join("/")}`, reason: published.reason }] }
  }
  const drifts = new Map<string, Drift | undefined>()
  const problems: ObservationProblem[] = []
  for (const definition of published.definitions) {
    signal.throwIfAborted()
    const drift = await driftOf(workshop, scope, definition, signal)
    drifts.set(JSON.stringify([definition.collection, definition.id]), drift)
    if (typeof drift === "object" && "problem" in drift) problems.push(drift.problem)
  }
  const records: ObservedRecord[] = []
  for (const collection of scope.collections) {
    for (const [id, record] of Object.entries(getOwn(published.records, collection) ?? {})) {
      if (!isAsked(scope, collection, id)) continue
      const fields = fieldsNow(collection, id, record, drifts)
      if (fields !== undefined) records.push({ collection, id, fields })
    }
  }
  return {
    records,
    complete: problems.length === 0,
    ...(problems.length === 0 ? {} : { problems: problems.slice(0, maxProblems) }),
  }
}

function fieldsNow(
  collection: string,
  id: string,
  { fields }: PublishedRecord,
  drifts: ReadonlyMap<string, Drift | undefined>,
): string | undefined {
  if (fileCollections.includes(collection)) return fields
  const parsed = parseCanonical(fields) as Readonly<Record<string, unknown>>
  const owner = partCollections.includes(collection) ? ["workflows", parsed["workflow"]] : [collection, id]
  const drift = drifts.get(JSON.stringify(owner))
  if (drift === "gone") return undefined
  if (drift === undefined || !isPublished(collection) || !("fields" in drift)) return fields
  return sortedJson({ ...(JSON.parse(fields) as object), ...drift.fields })
}

async function driftOf(
  workshop: Workshop,
  scope: Scope,
  definition: PublishedDefinition,
  signal: AbortSignal,
): Promise<Drift | undefined> {
  return definition.collection === "workflows"
    ? driftOfFile(workshop, scope.workspace, definition, signal)
    : driftOfJob(workshop, scope, definition, signal)
}

async function driftOfFile(
  { hdfs, config }: Workshop,
  workspace: string,
  { hash, path }: PublishedDefinition,
  signal: AbortSignal,
): Promise<Drift | undefined> {
  const place = [...folderParts(config, workspace), hash, ...path.split("/")]
  const found = await hdfs.status(place, { signal })
  if (found.done) return undefined
  return found.fault === "absent" ? "gone" : { problem: { where: `/${place.join("/")}`, reason: found.reason } }
}

async function driftOfJob(
  workshop: Workshop,
  { workspace, applied }: Scope,
  definition: PublishedDefinition,
  signal: AbortSignal,
): Promise<Drift | undefined> {
  const known = applied?.get(definition.collection, definition.id) ?? null
  const found = await findOurs(workshop, { workspace, definition, applied: known, marker: "", signal })
  if ("outcome" in found) return { problem: { where: definition.path, reason: found.reason } }
  // A coordinator that a bundle runs has no job of its own.
  if (found.job === undefined) return definition.collection === "coordinators" ? undefined : "gone"
  const { job, marks } = found.job
  if (job.status === "KILLED") return "gone"
  if (hasEnded(job.status)) return undefined
  const text = await workshop.client.definition(job.id, { signal })
  if (!text.done) return { problem: { where: job.id, reason: refusedBy(workshop, text.failure).reason } }
  const fields: Record<string, unknown> = {}
  if (marks.digest !== "" && definitionDigest(text.value) !== marks.digest)
    fields["definition"] = `changed at ${job.id}`
  const endMs = literalTime(/\send\s*=\s*["']([^"']*)["']/.exec(text.value)?.[1] ?? "")
  if (endMs !== undefined && job.endMs !== undefined && job.endMs !== endMs) fields["end"] = oozieTime(job.endMs)
  const concurrency = /<concurrency>\s*(\d{1,6})\s*<\/concurrency>/.exec(text.value)?.[1]
  if (job.kind === "coordinator" && job.concurrency !== undefined && job.concurrency !== Number(concurrency ?? 1)) {
    fields["concurrency"] = job.concurrency
  }
  if (job.pauseMs !== undefined) fields["pause"] = oozieTime(job.pauseMs)
  return Object.keys(fields).length === 0 ? undefined : { fields }
}

function isAsked({ records }: Scope, collection: string, id: string): boolean {
  return records === undefined || records.some((one) => one.collection === collection && one.id === id)
}
