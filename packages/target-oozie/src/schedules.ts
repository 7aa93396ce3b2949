import type { Refusal, Remote } from "@millrace/target"
import { type Application, keyOf } from "./application.ts"
import type { Definition, DefinitionTree } from "./definition.ts"
import { type Found, findOurs, type Sought } from "./find-job.ts"
import { markProperties, recordMark, startsKept } from "./job-marks.ts"
import { hasEnded, type Job, oozieTime } from "./jobs.ts"
import { cutOf, literalTime, startAfter } from "./schedule.ts"
import { assemble, jobProperties, prepareApplication, refusal, refusedBy, type Workshop } from "./workshop.ts"

const maxActions = 200

export interface Published {
  readonly outcome: "accepted"
  readonly remote: Remote
  /** One line for people. */
  readonly detail: string
}

export interface Order extends Sought {
  readonly definition: Definition
  readonly tree: DefinitionTree
}

/**
 * Brings a coordinator or bundle to its definition, with one running job for it.
 *
 * A repeat finds what an earlier call made by its mark and record, also one whose answer was lost. What Oozie cannot
 * change in a running coordinator, and any change of a bundle, ends the old one at a nominal time and begins the new
 * one at the next.
 */
export async function publishSchedule(workshop: Workshop, order: Order): Promise<Published | Refusal> {
  const found = await findOurs(workshop, order)
  if ("outcome" in found) return found
  const ours = found.job
  if (ours === undefined) {
    if (found.foreign !== undefined) {
      return refusal(
        "conflict",
        `The job ${found.foreign.id} of the name "${order.definition.name}" is running and is not ours: adopt it, end it, or rename this one.`,
      )
    }
    return begin(workshop, order, new Map())
  }
  const starts = startsKept(ours.marks, order.tree)
  const application = await assemble(workshop, order.definition, order.tree, starts)
  if ("outcome" in application) return application
  if (ours.marks.hash === application.hash && !wasKilled(ours.job, order)) {
    return { outcome: "accepted", remote: remoteOf(ours.job, application), detail: `${ours.job.id} runs it already` }
  }
  if (hasEnded(ours.job.status)) return replace(workshop, order, ours)
  if (order.definition.collection === "bundles") return replace(workshop, order, ours)
  return update(workshop, order, ours, application, starts)
}

/** What would be done, in a line and in Oozie's own difference. Writes only the application's folder. */
export async function planSchedule(
  workshop: Workshop,
  order: Order,
): Promise<
  { readonly action: "create" | "update" | "none"; readonly summary: string; readonly text?: string } | Refusal
> {
  const { definition } = order
  const found = await findOurs(workshop, order)
  if ("outcome" in found) return found
  if (found.job === undefined) return { action: "create", summary: `submit ${definition.path} as "${definition.name}"` }
  const { job, marks } = found.job
  const starts = startsKept(marks, order.tree)
  const application = await assemble(workshop, definition, order.tree, starts)
  if ("outcome" in application) return application
  if (marks.hash === application.hash && !wasKilled(job, order))
    return { action: "none", summary: `${job.id} runs it already` }
  if (hasEnded(job.status) || definition.collection === "bundles") {
    return { action: "update", summary: `end ${job.id} and submit ${definition.path} from the next nominal time on` }
  }
  const prepared = await prepareApplication(workshop, application, order.workspace, order.signal)
  if (prepared !== undefined) return prepared
  const properties = propertiesFor(workshop, order, application, starts, marks.marker)
  const told = await workshop.client.update(job.id, properties, true, { signal: order.signal })
  if (told.done) return { action: "update", summary: `update ${job.id} in place`, text: told.value }
  if (!isUnchangeable(told.failure.message)) return refusedBy(workshop, told.failure)
  return isAboutEnd(told.failure.message)
    ? { action: "update", summary: `move the end of ${job.id}, then update it`, text: told.failure.message }
    : {
        action: "update",
        summary: `end ${job.id} at its next nominal time and go on with a new job`,
        text: told.failure.message,
      }
}

/** Ends a schedule for good: it is killed, and so is what it runs. */
export async function endSchedule(workshop: Workshop, order: Sought): Promise<Published | Refusal> {
  for (;;) {
    const found = await findOurs(workshop, order)
    if ("outcome" in found) return found
    const { job } = found
    if (job === undefined || hasEnded(job.job.status))
      return { outcome: "accepted", remote: {}, detail: "nothing of it runs" }
    const killed = await workshop.client.control(job.job.id, "kill", { signal: order.signal })
    if (!killed.done) return refusedBy(workshop, killed.failure)
    const now = await workshop.client.info(job.job.id, 1, { signal: order.signal })
    if (!now.done) return refusedBy(workshop, now.failure)
    if (!hasEnded(now.value.status))
      return refusal("retry", `${job.job.id} is being killed and is ${now.value.status} yet.`)
  }
}

async function update(
  workshop: Workshop,
  order: Order,
  { job, marks }: Found,
  application: Application,
  starts: ReadonlyMap<string, string>,
): Promise<Published | Refusal> {
  const { client } = workshop
  const prepared = await prepareApplication(workshop, application, order.workspace, order.signal)
  if (prepared !== undefined) return prepared
  const properties = propertiesFor(workshop, order, application, starts, marks.marker)
  let done = await client.update(job.id, properties, false, { signal: order.signal })
  if (!done.done && isAboutEnd(done.failure.message)) {
    const endMs = literalTime(order.definition.end)
    if (endMs === undefined) return replace(workshop, order, { job, marks })
    const moved = await client.change(job.id, `endtime=${oozieTime(endMs)}`, { signal: order.signal })
    if (!moved.done) return refusedBy(workshop, moved.failure)
    done = await client.update(job.id, properties, false, { signal: order.signal })
  }
  if (done.done) {
    return { outcome: "accepted", remote: remoteOf(job, application), detail: `${job.id} was updated in place` }
  }
  if (isUnchangeable(done.failure.message)) return replace(workshop, order, { job, marks })
  return refusedBy(workshop, done.failure)
}

/** Ends what runs at a nominal time and begins the new one at the next. Each step may be repeated. */
async function replace(workshop: Workshop, order: Order, { job }: Found): Promise<Published | Refusal> {
  const { client } = workshop
  const starts = new Map<string, string>()
  const olds = job.kind === "bundle" ? job.coordinators : [job]
  // Nothing is ended before the new one is known to be fit.
  const trial = await assemble(workshop, order.definition, order.tree)
  if ("outcome" in trial) return trial
  const prepared = await prepareApplication(workshop, trial, order.workspace, order.signal)
  if (prepared !== undefined) return prepared
  for (const one of olds) {
    const old = await client.info(one.id, maxActions, { signal: order.signal })
    if (!old.done) return refusedBy(workshop, old.failure)
    const cutMs = cutOf(old.value, workshop.clock.nowMs())
    if (cutMs === undefined) continue
    const next = job.kind === "bundle" ? coordinatorNamed(order.tree, trial, old.value.name) : order.definition
    if (!hasEnded(old.value.status)) {
      const ended = await endAt(workshop, old.value, cutMs, order.signal)
      if (ended !== undefined) return ended
    }
    if (next !== undefined) starts.set(keyOf(next), oozieTime(startAfter(cutMs, next.start, next.frequency)))
  }
  return begin(workshop, order, starts)
}

async function endAt(workshop: Workshop, old: Job, cutMs: number, signal: AbortSignal): Promise<Refusal | undefined> {
  if (old.endMs === cutMs) return undefined
  // One that has not begun has no instance to finish, and Oozie lets none end at its start.
  const never = old.startMs !== undefined && cutMs <= old.startMs
  const ended = never
    ? await workshop.client.control(old.id, "kill", { signal })
    : await workshop.client.change(old.id, `endtime=${oozieTime(cutMs)}`, { signal })
  return ended.done ? undefined : refusedBy(workshop, ended.failure)
}

async function begin(
  workshop: Workshop,
  order: Order,
  starts: ReadonlyMap<string, string>,
): Promise<Published | Refusal> {
  const application = await assemble(workshop, order.definition, order.tree, starts)
  if ("outcome" in application) return application
  const prepared = await prepareApplication(workshop, application, order.workspace, order.signal)
  if (prepared !== undefined) return prepared
  const properties = propertiesFor(workshop, order, application, starts, order.marker)
  const made = await workshop.client.submit(properties, { signal: order.signal })
  if (!made.done) return refusedBy(workshop, made.failure)
  return {
    outcome: "accepted",
    remote: { id: made.value, revision: application.hash },
    detail: `${made.value} was submitted`,
  }
}

/** Killed by somebody else: what was published is to run. */
function wasKilled(job: Job, { applied }: Order): boolean {
  return job.status === "KILLED" && applied !== null
}

function propertiesFor(
  { config }: Workshop,
  order: Order,
  application: Application,
  starts: ReadonlyMap<string, string>,
  marker: string,
): Readonly<Record<string, string>> {
  const record = recordMark(order.workspace, order.definition.collection, order.definition.id)
  return {
    ...jobProperties(config, application, order.workspace),
    ...markProperties(application, order.tree, starts, record, marker),
  }
}

function remoteOf(job: Job, application: Application): Remote {
  return {
    id: job.id,
    revision: application.hash,
    author: job.user,
    ...(job.consoleUrl === "" ? {} : { url: job.consoleUrl }),
  }
}

function coordinatorNamed(tree: DefinitionTree, bundle: Application, name: string): Definition | undefined {
  return tree.definitions.find(
    (one) => one.collection === "coordinators" && one.name === name && bundle.members.has(keyOf(one)),
  )
}

function isUnchangeable(message: string): boolean {
  return /E1023/.test(message)
}

function isAboutEnd(message: string): boolean {
  return isUnchangeable(message) && /end ?time/i.test(message)
}
