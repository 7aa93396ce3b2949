import type { Refusal } from "@millrace/target"
import { marksOf, recordMark } from "./job-marks.ts"
import type { Job } from "./jobs.ts"
import type { PublishedDefinition } from "./published.ts"
import { refusedBy, type Workshop } from "./workshop.ts"

/** Of one name, so many of the newest jobs are looked at: other records may have the name too. */
const maxLooked = 20
const maxActions = 200

/** The newest job of a workflow that somebody had run, whoever it runs as; undefined where there is none. */
export async function latestRun(
  workshop: Workshop,
  workspace: string,
  definition: PublishedDefinition,
  signal: AbortSignal,
): Promise<Job | Refusal | undefined> {
  const listed = await workshop.client.list("wf", { name: definition.name }, maxLooked, { signal })
  if (!listed.done) return refusedBy(workshop, listed.failure)
  const record = recordMark(workspace, definition.collection, definition.id)
  for (const { id } of listed.value) {
    const info = await workshop.client.info(id, maxActions, { signal })
    if (!info.done) {
      const refused = refusedBy(workshop, info.failure)
      if (refused.kind === "gone") continue
      return refused
    }
    if (marksOf(info.value).record === record) return info.value
  }
  return undefined
}
