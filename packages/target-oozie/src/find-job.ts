import type { Applied, Refusal } from "@millrace/target"
import type { Definition } from "./definition.ts"
import { type JobMarks, marksOf, recordMark } from "./job-marks.ts"
import { hasEnded, type Job, type JobKind } from "./jobs.ts"
import { refusedBy, type Workshop } from "./workshop.ts"

/** Of one name, so many of the newest jobs are looked at. */
const maxLooked = 20

export interface Sought {
  readonly workspace: string
  readonly definition: Pick<Definition, "collection" | "id" | "name">
  readonly applied: Applied | null
  /** By what a job that an intent made can be found; empty where none is sought. */
  readonly marker: string
  readonly signal: AbortSignal
}

/** A job of ours with its marks. */
export interface Found {
  readonly job: Job
  readonly marks: JobMarks
}

export function jobKindOf({ collection }: Pick<Definition, "collection">): JobKind {
  return collection === "workflows" ? "wf" : collection === "coordinators" ? "coordinator" : "bundle"
}

/**
 * The job of a record: the one that an intent made, else the newest of ours, by the names that it has or had.
 *
 * `foreign` is a running job of that name which is not ours.
 */
export async function findOurs(
  workshop: Workshop,
  { workspace, definition, applied, marker, signal }: Sought,
): Promise<{ readonly job: Found | undefined; readonly foreign?: Job } | Refusal> {
  const { client, config } = workshop
  const kind = jobKindOf(definition)
  const record = recordMark(workspace, definition.collection, definition.id)
  const listed = await client.list(kind, { name: definition.name, user: config.user }, maxLooked, { signal })
  if (!listed.done) return refusedBy(workshop, listed.failure)
  const ids = [...listed.value.map(({ id }) => id), ...(applied?.remote.id === undefined ? [] : [applied.remote.id])]
  const ours: Found[] = []
  let foreign: Job | undefined
  for (const id of new Set(ids)) {
    const info = await client.info(id, 1, { signal })
    if (!info.done) {
      if (refusedBy(workshop, info.failure).kind === "gone") continue
      return refusedBy(workshop, info.failure)
    }
    const found = { job: info.value, marks: marksOf(info.value) }
    if (found.marks.marker === marker && marker !== "") return { job: found }
    if (found.marks.record === record || id === applied?.remote.id) ours.push(found)
    else if (!hasEnded(info.value.status) && info.value.parentId === "") foreign ??= info.value
  }
  const living = ours.find(({ job }) => !hasEnded(job.status))
  const job = living ?? ours[0]
  return foreign === undefined ? { job } : { job, foreign }
}
