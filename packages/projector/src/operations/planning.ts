import { canonicalJson } from "@millrace/model"
import { type Batch, type Change, fieldDiff, type PlannedStep } from "@millrace/target"
import type { Binding } from "../binding.ts"
import { batchOf, readyToSend } from "../deliver/ready.ts"
import { hashOf } from "../derive/record-hash.ts"
import type { Outgoing, View } from "../view/view.ts"
import { conflictsIn } from "./listings.ts"
import { draftChanges } from "./releases.ts"
import type { Place, Plan, PlanStep } from "./types.ts"

export interface Planning {
  readonly binding: Binding
  readonly place: Place
  readonly view: View
  /** The target's own plan. */
  readonly plan: (batch: Batch) => Promise<readonly PlannedStep[]>
  /** Whether deletions wait for a confirmation. */
  readonly isHeld: boolean
}

/** Steps of one plan; its id speaks of all of them. */
const maxPlanSteps = 10_000

/** What is outstanding, or what a release of the drafts would do. */
export async function makePlan({ binding, place, view, plan, isHeld }: Planning): Promise<Plan> {
  const { workspace } = place
  const isPublished = binding.mode === "published"
  // Before the target is asked: what changes meanwhile makes the plan stale.
  const id = planId(view, binding, place)
  const all = isPublished ? drafts(view, binding, place) : [...view.outstanding(binding, workspace)]
  const ready = readyToSend(binding, view, { workspace, changes: all.slice(0, maxPlanSteps) })
  const planned = ready.changes.length === 0 ? [] : await plan(batchOf(ready))
  const steps = planned.map((step, at): PlanStep => {
    const change = ready.changes[at]
    const diff = step.diff ?? fieldDiff(ready.bases[at]?.observed ?? null, change?.after ?? null)
    const waits = isHeld && !isPublished && change?.op === "delete"
    const summary = `${step.summary}; waits for a confirmation`
    return { ...step, diff, ...(waits ? { action: "held", summary } : {}) }
  })
  const conflicts = conflictsIn(view, workspace).filter((one) => one.binding === binding.name)
  const disputed = conflicts.map(({ collection, record, field, ours, theirs }): PlanStep => ({
    collection,
    id: record,
    action: "conflict",
    summary: `${field} was changed on both sides`,
    diff: [{ field, before: theirs, after: ours }],
  }))
  const release = view.counts(binding.name, workspace).release?.number ?? 0
  return { ...place, id, mode: binding.mode ?? "continuous", release, steps: [...steps, ...disputed] }
}

/** Says exactly what a plan is about: everything that would make another one of it. */
export function planId(view: View, binding: Binding, { workspace, binding: name }: Place): string {
  const release = view.counts(name, workspace).release?.number ?? 0
  const changes =
    binding.mode === "published"
      ? draftChanges(view, { workspace, binding: name }).map(({ collection, id, version, hash }) => [
          collection,
          id,
          version,
          hash,
        ])
      : [...view.outstanding(binding, workspace)].map(({ change }) => change.eventId)
  return hashOf(canonicalJson([name, binding.revision, workspace, release, changes])).slice(0, 32)
}

/** The changes that a release of the drafts would send. */
function drafts(view: View, binding: Binding, place: Place): readonly Outgoing[] {
  const number = (view.counts(binding.name, place.workspace).release?.number ?? 0) + 1
  const position = view.position(place.workspace)
  return draftChanges(view, place).map(({ collection, id, hash, after }) => {
    const before = view.released(binding.name, place.workspace, collection, id)?.after ?? null
    const op = after === null ? "delete" : before === null ? "add" : "update"
    const change: Change = {
      eventId: hashOf(canonicalJson([binding.name, place.workspace, collection, id, number, hash])),
      workspace: place.workspace,
      generation: position?.generation ?? 1,
      collection,
      id,
      version: number,
      op,
      author: "",
      timeMs: 0,
      seqFrom: position?.seq ?? 0,
      seq: position?.seq ?? 0,
      hash,
      before,
      after,
    }
    return { change, isForced: false }
  })
}
