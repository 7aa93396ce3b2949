import {
  maxRunParts,
  type Refusal,
  type RunPart,
  type RunReport,
  type RunReports,
  type RunSla,
  type RunState,
  type Scope,
} from "@millrace/target"
import { findOurs } from "./find-job.ts"
import { hasEnded, type Job, type JobAction } from "./jobs.ts"
import { type PublishedDefinition, readPublication } from "./published.ts"
import { latestRun } from "./runs.ts"
import { folderParts, type Workshop } from "./workshop.ts"

/** So many failed instances are looked into for the action that failed. */
const maxLookedInto = 3

/** How the jobs of what is published are doing: the latest run of a workflow, the job of a schedule. */
export async function report(workshop: Workshop, scope: Scope, signal: AbortSignal): Promise<RunReports> {
  const published = await readPublication(workshop.hdfs, folderParts(workshop.config, scope.workspace), signal)
  if ("outcome" in published) return { reports: [], complete: false }
  const reports: RunReport[] = []
  let complete = true
  for (const definition of published.definitions.filter((one) => isAsked(scope, one))) {
    const made = await reportOf(workshop, scope, definition, signal)
    if (made === undefined) continue
    if ("outcome" in made) complete = false
    else reports.push(made)
  }
  return { reports, complete }
}

async function reportOf(
  workshop: Workshop,
  scope: Scope,
  definition: PublishedDefinition,
  signal: AbortSignal,
): Promise<RunReport | Refusal | undefined> {
  const job = await jobOf(workshop, scope, definition, signal)
  if (job === undefined || "outcome" in job) return job
  const parts = await partsOf(workshop, job, signal)
  const sla = await slaOf(workshop, job, signal)
  const failed = parts.find(({ state, detail }) => state === "failed" && detail !== undefined)
  return {
    collection: definition.collection,
    id: definition.id,
    name: definition.name,
    kind: job.kind === "wf" ? "workflow" : job.kind,
    ...stateOf(job.status),
    remoteId: job.id,
    ...optional("startedAtMs", job.startMs),
    ...optional("endedAtMs", hasEnded(job.status) ? job.endMs : undefined),
    ...optional("detail", failed === undefined ? undefined : `${failed.name}: ${failed.detail ?? ""}`),
    ...(job.consoleUrl === "" ? {} : { url: job.consoleUrl }),
    parts: parts.slice(0, maxRunParts),
    ...(sla === undefined ? {} : { sla }),
    actions: actionsFor(job),
  }
}

async function jobOf(
  workshop: Workshop,
  scope: Scope,
  definition: PublishedDefinition,
  signal: AbortSignal,
): Promise<Job | Refusal | undefined> {
  const { workspace } = scope
  if (definition.collection === "workflows") return latestRun(workshop, workspace, definition, signal)
  const applied = scope.applied?.get(definition.collection, definition.id) ?? null
  const found = await findOurs(workshop, { workspace, definition, applied, marker: "", signal })
  if ("outcome" in found) return found
  if (found.job === undefined) return undefined
  const info = await workshop.client.info(found.job.job.id, maxRunParts, { signal })
  return info.done ? info.value : undefined
}

async function partsOf(workshop: Workshop, job: Job, signal: AbortSignal): Promise<readonly RunPart[]> {
  if (job.kind === "bundle")
    return job.coordinators.map((one) => ({
      name: one.name,
      kind: "coordinator",
      ...stateOf(one.status),
      remoteId: one.id,
    }))
  if (job.kind === "wf") {
    // The latest first; what a workflow goes through between its actions says nothing to people.
    const actions = job.actions.filter(({ type }) => !/^(:START:|:FORK:|:JOIN:|:END:|:KILL:|switch)$/.test(type))
    return [...actions].sort((a, b) => (b.startMs ?? 0) - (a.startMs ?? 0)).map(workflowPart)
  }
  const latest = [...job.actions].sort((a, b) => (b.nominalMs ?? 0) - (a.nominalMs ?? 0)).slice(0, maxRunParts)
  const parts: RunPart[] = []
  let lookedInto = 0
  for (const instance of latest) {
    const isFailed = /^(FAILED|KILLED)$/.test(instance.status) && instance.externalId !== ""
    const looks = isFailed && lookedInto < maxLookedInto
    if (looks) lookedInto += 1
    // The instance names the workflow that counts; after a crash of Oozie another child of it may hang.
    const child = looks ? await workshop.client.info(instance.externalId, 200, { signal }) : undefined
    const failed =
      child?.done === true ? child.value.actions.map(workflowPart).find((part) => part.state === "failed") : undefined
    parts.push(instancePart(instance, failed))
  }
  return parts
}

function workflowPart(action: JobAction): RunPart {
  const said = [action.errorCode, action.errorMessage].filter((text) => text !== "").join(": ")
  return {
    name: action.name,
    kind: "action",
    ...stateOf(action.status),
    ...(action.externalId === "" ? {} : { remoteId: action.externalId }),
    ...optional("startedAtMs", action.startMs),
    ...optional("endedAtMs", action.endMs),
    ...optional("detail", said === "" ? undefined : oneLine(said)),
    ...(action.consoleUrl === "" ? {} : { url: action.consoleUrl }),
  }
}

function instancePart(instance: JobAction, failed: RunPart | undefined): RunPart {
  const said = [instance.errorCode, instance.errorMessage].filter((text) => text !== "").join(": ")
  const waits = instance.missing === "" ? undefined : `waits for ${instance.missing}`
  const detail =
    failed === undefined ? (said === "" ? waits : said) : `${failed.name}: ${failed.detail ?? failed.rawState}`
  return {
    name: instance.id,
    kind: "instance",
    ...stateOf(instance.status),
    ...(instance.externalId === "" ? {} : { remoteId: instance.externalId }),
    ...optional("nominalAtMs", instance.nominalMs),
    ...optional("startedAtMs", instance.startMs),
    ...optional("endedAtMs", hasEnded(instance.status) ? instance.endMs : undefined),
    ...optional("detail", detail === undefined ? undefined : oneLine(detail)),
  }
}

const states: Readonly<Record<string, RunState>> = {
  PREP: "waiting",
  WAITING: "waiting",
  READY: "waiting",
  SUBMITTED: "waiting",
  RUNNING: "running",
  RUNNINGWITHERROR: "running",
  START_RETRY: "running",
  END_RETRY: "running",
  USER_RETRY: "running",
  DONE: "running",
  OK: "succeeded",
  SUCCEEDED: "succeeded",
  DONEWITHERROR: "failed",
  FAILED: "failed",
  ERROR: "failed",
  START_MANUAL: "suspended",
  END_MANUAL: "suspended",
  PAUSED: "suspended",
  PAUSEDWITHERROR: "suspended",
  PREPPAUSED: "suspended",
  SUSPENDED: "suspended",
  SUSPENDEDWITHERROR: "suspended",
  PREPSUSPENDED: "suspended",
  KILLED: "killed",
  TIMEDOUT: "timed-out",
  SKIPPED: "skipped",
  IGNORED: "skipped",
}

export function stateOf(rawState: string): { readonly state: RunState; readonly rawState: string } {
  return { state: Object.hasOwn(states, rawState) ? (states[rawState] ?? "unknown") : "unknown", rawState }
}

async function slaOf(workshop: Workshop, job: Job, signal: AbortSignal): Promise<RunSla | undefined> {
  const summaries = await workshop.client.sla(job.name, { signal })
  // A server without the service answers with an error; then there is no SLA to report.
  const latest = summaries.done
    ? summaries.value.find(({ id }) => id === job.id || id.startsWith(`${job.id}@`))
    : undefined
  if (latest === undefined) return undefined
  const state = latest.status === "MISS" ? "missed" : latest.status === "MET" ? "met" : "waiting"
  return {
    state,
    ...optional("expectedEndMs", latest.expectedEndMs),
    ...(latest.events === "" ? {} : { detail: latest.events }),
  }
}

function actionsFor(job: Job): readonly string[] {
  if (hasEnded(job.status)) return job.kind === "wf" ? ["run", "rerun"] : job.kind === "coordinator" ? ["rerun"] : []
  const control = stateOf(job.status).state === "suspended" ? ["resume", "kill"] : ["suspend", "kill"]
  return job.kind === "wf" ? ["run", ...control] : job.kind === "coordinator" ? [...control, "rerun"] : control
}

function isAsked({ collections, records }: Scope, { collection, id }: PublishedDefinition): boolean {
  if (records !== undefined) return records.some((one) => one.collection === collection && one.id === id)
  return collections.includes(collection)
}

function optional<K extends string, V>(name: K, value: V | undefined): { readonly [P in K]?: V } {
  return (value === undefined ? {} : { [name]: value }) as { readonly [P in K]?: V }
}

function oneLine(text: string): string {
  // oxlint-disable-next-line no-control-regex -- what a server says goes into the status
  const line = text.replace(/[\u0000-\u0020\u007f-\u009f]+/g, " ")
  return line.trim().slice(0, 1000)
}
