import { type ActionOffer, type ActionRequest, type ActionResult, type Refusal } from "@millrace/target"
import { keyOf, rootProperty, sha256 } from "./application.ts"
import type { PublishedCollection } from "./definition.ts"
import { isPublished } from "./draft.ts"
import { findOurs } from "./find-job.ts"
import { readJavaProperties } from "./java-properties.ts"
import { recordMark } from "./job-marks.ts"
import { type Properties, readConfiguration } from "./job-configuration.ts"
import { hasEnded, type Job } from "./jobs.ts"
import { type PublishedDefinition, readPublication } from "./published.ts"
import { latestRun } from "./runs.ts"
import { treeOf } from "./tree.ts"
import { assemble, folderParts, jobProperties, refusal, refusedBy, type Workshop } from "./workshop.ts"

const runnable = ["workflows"]
const all: readonly string[] = ["workflows", "coordinators", "bundles"]
const job = { summary: "the job, where it is not the latest of this record", required: false }

/** What people may ask of jobs. */
export const offers: readonly ActionOffer[] = [
  {
    name: "run",
    collections: runnable,
    summary: "Run the published workflow once",
    parameters: { properties: { summary: "properties of this run, NAME=VALUE, one a line", required: false } },
  },
  { name: "suspend", collections: all, summary: "Start no further action until it is resumed", parameters: { job } },
  { name: "resume", collections: all, summary: "Go on after a suspension", parameters: { job } },
  { name: "kill", collections: all, summary: "End the job and what it runs", parameters: { job }, isFinal: true },
  {
    name: "rerun",
    collections: ["workflows", "coordinators"],
    summary: "Run again what did not succeed, with the definition that is published now",
    parameters: { job, instances: { summary: "of a coordinator: numbers such as 3 or 1-4", required: false } },
  },
]

/** Does what somebody asked for, as that user where the configuration says so. */
export async function act(workshop: Workshop, request: ActionRequest, signal: AbortSignal): Promise<ActionResult> {
  const { collection, id, workspace, action } = request
  const offer = offers.find(({ name }) => name === action)
  if (offer === undefined || !offer.collections.includes(collection) || !isPublished(collection)) {
    return refusal("invalid", `Oozie has no action "${action}" for ${collection}.`)
  }
  const published = await readPublication(workshop.hdfs, folderParts(workshop.config, workspace), signal)
  if ("outcome" in published) return published
  const definition = published.definitions.find((one) => one.collection === collection && one.id === id)
  if (definition === undefined)
    return refusal("gone", `${collection} ${JSON.stringify(id)} is not published: publish it first.`)
  if (action === "run") return run(workshop, request, definition, published.records, signal)

  const job = await jobOf(workshop, request, definition, signal)
  if ("outcome" in job) return job
  if (action === "rerun") return rerun(workshop, request, definition, job, signal)
  return control(workshop, request, job, signal)
}

/** One job for one key: it is looked for by its external id before it is submitted. */
async function run(
  workshop: Workshop,
  request: ActionRequest,
  published: PublishedDefinition,
  records: Parameters<typeof treeOf>[0],
  signal: AbortSignal,
): Promise<ActionResult> {
  const { client, config } = workshop
  const externalId = externalIdOf(request)
  const before = await client.findByExternalId(externalId, { signal })
  if (!before.done) return refusedBy(workshop, before.failure)
  if (before.value !== "") return { outcome: "done", detail: `${before.value} runs it`, remoteId: before.value }
  const tree = treeOf(records)
  const definition = tree.get(published.collection, published.id)
  if (definition === undefined) return refusal("gone", "What is published has no such workflow any more.")
  const application = await assemble(workshop, definition, tree)
  if ("outcome" in application) return application
  const own = Object.entries(readJavaProperties(request.parameters["properties"] ?? ""))
  const bad = own.find(([name]) => /^(user\.name|millrace.*|oozie\.wf\.(application\.path|external\.id))$/.test(name))
  if (bad !== undefined) return refusal("invalid", `The property "${bad[0]}" is not for a run to set.`)
  const properties: Properties = {
    ...jobProperties(config, application, request.workspace),
    ...Object.fromEntries(own),
    "user.name": asUser(workshop, request) ?? config.user,
    "oozie.wf.external.id": externalId,
    "millrace.record": recordMark(request.workspace, published.collection, published.id),
    "millrace.asked-by": encodeURIComponent(JSON.stringify(request.asUser)),
  }
  const made = await client.submit(properties, callOf(workshop, request, signal))
  if (!made.done) return refusedBy(workshop, made.failure)
  return { outcome: "done", detail: `${made.value} was started`, remoteId: made.value }
}

async function control(
  workshop: Workshop,
  request: ActionRequest,
  job: Job,
  signal: AbortSignal,
): Promise<ActionResult> {
  const action = request.action as "suspend" | "resume" | "kill"
  if (isSo(action, job.status)) return { outcome: "done", detail: `${job.id} is ${job.status}`, remoteId: job.id }
  if (hasEnded(job.status))
    return refusal("conflict", `${job.id} has ended as ${job.status}: there is nothing to ${action}.`)
  const done = await workshop.client.control(job.id, action, callOf(workshop, request, signal))
  if (!done.done) return refusedBy(workshop, done.failure)
  // Oozie answers 200 also where it did nothing.
  const now = await workshop.client.info(job.id, 1, { signal })
  if (!now.done) return refusedBy(workshop, now.failure)
  const { status } = now.value
  const detail = isSo(action, status)
    ? `${job.id} is ${status}`
    : `Oozie was told to ${action} ${job.id}, which is ${status} yet`
  return { outcome: "done", detail, remoteId: job.id }
}

function isSo(action: "suspend" | "resume" | "kill", status: string): boolean {
  if (action === "suspend") return /SUSPENDED/.test(status)
  if (action === "kill") return status === "KILLED"
  return status === "RUNNING"
}

async function rerun(
  workshop: Workshop,
  request: ActionRequest,
  published: PublishedDefinition,
  job: Job,
  signal: AbortSignal,
): Promise<ActionResult> {
  const { client, config } = workshop
  const call = callOf(workshop, request, signal)
  if (job.kind === "coordinator") {
    const numbers = request.parameters["instances"] ?? ""
    if (!/^\d+(-\d+)?(,\d+(-\d+)?)*$/.test(numbers)) {
      return refusal("invalid", "Say which instances: numbers such as 3, 1-4 or 1,3.")
    }
    const done = await client.rerunInstances(job.id, numbers, call)
    if (!done.done) return refusedBy(workshop, done.failure)
    return { outcome: "done", detail: `instances ${numbers} of ${job.id} run again`, remoteId: job.id }
  }
  const conf = readConfiguration(job.conf)
  const key = externalIdOf(request)
  if (conf["millrace.rerun"] === key) return { outcome: "done", detail: `${job.id} is ${job.status}`, remoteId: job.id }
  if (!hasEnded(job.status)) return refusal("conflict", `${job.id} is ${job.status}: only what has ended runs again.`)
  const folder = `${config.nameNode}/${[...folderParts(config, request.workspace), published.hash].join("/")}`
  // Named one by one: a list of an earlier rerun stays in force and excludes Oozie's own choice of what failed.
  const succeeded = job.actions.filter(({ status, type }) => status === "OK" && !/^(:|switch$)/.test(type))
  const properties: Properties = {
    ...conf,
    [rootProperty]: folder,
    "oozie.wf.application.path": `${folder}/${published.path}`,
    // Oozie takes an empty value for none at all, and then wants another setting.
    "oozie.wf.rerun.skip.nodes": succeeded.map(({ name }) => name).join(",") || ",",
    "millrace.rerun": key,
  }
  const done = await client.rerun(job.id, properties, call)
  if (!done.done) return refusedBy(workshop, done.failure)
  return { outcome: "done", detail: `${job.id} runs again`, remoteId: job.id }
}

async function jobOf(
  workshop: Workshop,
  request: ActionRequest,
  definition: PublishedDefinition,
  signal: AbortSignal,
): Promise<Job | Refusal> {
  const { workspace, applied } = request
  const named = request.parameters["job"]
  if (named !== undefined)
    return ownJob(workshop, named, recordMark(workspace, definition.collection, definition.id), signal)
  if (definition.collection === "workflows") {
    const latest = await latestRun(workshop, workspace, definition, signal)
    if (latest !== undefined && "outcome" in latest) return latest
    return latest ?? refusal("gone", `"${definition.name}" has no job yet: run it first.`)
  }
  const found = await findOurs(workshop, { workspace, definition, applied, marker: "", signal })
  if ("outcome" in found) return found
  return found.job?.job ?? refusal("gone", `"${definition.name}" has no job: publish it again.`)
}

/** A job by its id, if it is of this record: nobody reaches other people's jobs through ours. */
async function ownJob(workshop: Workshop, id: string, record: string, signal: AbortSignal): Promise<Job | Refusal> {
  if (!/^[\w-]{1,100}$/.test(id)) return refusal("invalid", "That is no id of a job.")
  const info = await workshop.client.info(id, 200, { signal })
  if (!info.done) return refusedBy(workshop, info.failure)
  if (readConfiguration(info.value.conf)["millrace.record"] === record) return info.value
  return refusal("invalid", `The job ${id} is not of this record.`)
}

function externalIdOf({ workspace, collection, id, idempotencyKey }: ActionRequest): string {
  const key = keyOf({ collection: collection as PublishedCollection, id })
  return `millrace-${sha256(JSON.stringify([workspace, key, idempotencyKey]))}`
}

function asUser({ config }: Workshop, { asUser: user }: ActionRequest): string | undefined {
  return config.actAs === "doAs" ? user : undefined
}

function callOf(
  workshop: Workshop,
  request: ActionRequest,
  signal: AbortSignal,
): { doAs?: string; signal: AbortSignal } {
  const doAs = asUser(workshop, request)
  return doAs === undefined ? { signal } : { doAs, signal }
}
