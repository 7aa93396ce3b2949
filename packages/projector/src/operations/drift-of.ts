import { fieldDiff, type Observation } from "@millrace/target"
import type { Reconciler } from "../two-way/reconciler.ts"
import type { View } from "../view/view.ts"
import { maxListed } from "./listings.ts"
import type { Drift, DriftRecord, Place } from "./types.ts"

type Looks = Awaited<ReturnType<Reconciler["drift"]>>["looks"]

/** What a look found, in people's terms: only what the target changed, not what waits to be sent there. */
export function driftOf(view: View, place: Place, observation: Observation, looks: Looks): Drift {
  const records = looks.slice(0, maxListed).map(({ name: [collection, id], decision: { item } }): DriftRecord => {
    const base = view.base(place.binding, place.workspace, collection, id)
    const isConflict = Object.keys(item.disputes ?? {}).length > 0
    return {
      collection,
      id,
      state: isConflict ? "conflict" : item.observed === null ? "lost" : "changed",
      owner: item.owner ?? base?.owner ?? "ours",
      diff: fieldDiff(base?.observed ?? null, item.observed),
    }
  })
  const differing = records.filter(({ state, diff }) => state === "conflict" || diff.length > 0)
  return { ...place, complete: observation.complete, records: differing, problems: observation.problems ?? [] }
}
