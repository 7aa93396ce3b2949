import { type Batch, type Change, fieldDiff, type PlannedStep } from "@millrace/target"
import { getOwn } from "@millrace/model"
import { keyOf } from "./application.ts"
import { isPublished, ownerOf, withChanges } from "./draft.ts"
import { membersOfBundles, saidOf } from "./publish.ts"
import { type Publication, readPublication } from "./published.ts"
import { planSchedule } from "./schedules.ts"
import { treeOf } from "./tree.ts"
import { assemble, folderParts, type Workshop } from "./workshop.ts"

/**
 * A step for each change, with its fields' difference, and for a schedule with the difference that Oozie tells.
 *
 * Starts, changes and ends nothing. For Oozie's difference the application is laid into the folder of its hash, where
 * nothing refers to it.
 */
export async function planBatch(
  workshop: Workshop,
  batch: Batch,
  signal: AbortSignal,
): Promise<readonly PlannedStep[]> {
  const steps = new Map<Change, PlannedStep>()
  for (const workspace of new Set(batch.changes.map((change) => change.workspace))) {
    const changes = batch.changes.filter((change) => change.workspace === workspace)
    const former = await readPublication(workshop.hdfs, folderParts(workshop.config, workspace), signal)
    if ("outcome" in former) {
      for (const change of changes) steps.set(change, { ...stepOf(change, undefined), problem: former.reason })
      continue
    }
    const tree = treeOf(withChanges(former.records, changes, () => true))
    const bundled = await membersOfBundles(workshop, tree)
    const said = saidOf(batch)
    const problems = new Map<string, string>()
    for (const change of changes) {
      const step = stepOf(change, former)
      const owner = ownerOf(change)
      const definition = tree.definitions.find((one) => keyOf(one) === owner)
      if (definition === undefined || owner === undefined || !isPublished(change.collection)) {
        steps.set(change, step)
        continue
      }
      const application = await assemble(workshop, definition, tree)
      if ("outcome" in application) {
        problems.set(owner, application.reason)
        steps.set(change, step)
        continue
      }
      if (definition.collection === "workflows" || bundled.has(owner)) {
        steps.set(change, step)
        continue
      }
      const told = said.get(owner)
      const order = { workspace, definition, tree, applied: told?.applied ?? null, marker: told?.marker ?? "", signal }
      const planned = await planSchedule(workshop, order)
      steps.set(change, "outcome" in planned ? { ...step, problem: planned.reason } : { ...step, ...planned })
    }
    for (const [change, step] of steps) {
      const problem = problems.get(ownerOf(change) ?? "")
      if (problem !== undefined) steps.set(change, { ...step, problem })
    }
  }
  return batch.changes.map((change) => steps.get(change) ?? stepOf(change, undefined))
}

function stepOf(change: Change, former: Publication | undefined): PlannedStep {
  const { collection, id, after } = change
  const known = getOwn(getOwn(former?.records ?? {}, collection) ?? {}, id)
  const before = known?.fields ?? null
  const overtaken = known !== undefined && known.version > change.version
  if (overtaken || before === after)
    return { collection, id, action: "none", summary: `${collection} ${JSON.stringify(id)} is published so` }
  const action = after === null ? "delete" : before === null ? "create" : "update"
  return {
    collection,
    id,
    action,
    summary: `${action} ${collection} ${JSON.stringify(id)}`,
    diff: fieldDiff(before, after),
  }
}
