import { fieldDiff } from "@millrace/target"
import { MillraceError } from "@millrace/ports"
import type { Released } from "../journal/operation-entries.ts"
import type { View } from "../view/view.ts"
import type { Place, Release } from "./types.ts"

type Changes = Released["changes"]

/** How a release stands; each state with each thing that can be true of it. */
export type ReleaseState = Release["state"]
export type ReleaseFact = "outstanding" | "refused" | "confirmed" | "succeeded"

/** Every state with every fact. A release that was followed by another one is history, whatever became of it. */
export const releaseTable: Readonly<Record<ReleaseState, Readonly<Record<ReleaseFact, ReleaseState>>>> = {
  applying: { outstanding: "applying", refused: "failed", confirmed: "applied", succeeded: "superseded" },
  applied: { outstanding: "applying", refused: "failed", confirmed: "applied", succeeded: "superseded" },
  failed: { outstanding: "applying", refused: "failed", confirmed: "applied", succeeded: "superseded" },
  superseded: { outstanding: "superseded", refused: "superseded", confirmed: "superseded", succeeded: "superseded" },
}

/** What a release of the present drafts holds. Records that are invalid keep their last valid state. */
export function draftChanges(view: View, { binding, workspace }: Place): Changes {
  return [...view.drafts(binding, workspace)].map(({ collection, id, version, hash, after }) => ({
    collection,
    id,
    version,
    hash,
    after,
  }))
}

/**
 * What brings back the content of an earlier release: everything that was changed since, as it was then.
 *
 * @throws MillraceError `not-found` where that release, or one between, is not kept any more.
 */
export function rollbackChanges(view: View, { binding, workspace }: Place, to: number): Changes {
  const current = view.counts(binding, workspace).release?.number ?? 0
  if (to < 1 || to >= current || view.release(binding, workspace, to) === undefined) {
    throw notKept(to)
  }
  const back = new Map<string, Changes[number]>()
  for (let number = current; number > to; number--) {
    const release = view.release(binding, workspace, number)
    if (release === undefined) throw notKept(to)
    for (const { collection, id, before } of release.changes) {
      back.set(JSON.stringify([collection, id]), { collection, id, ...before })
    }
  }
  return [...back.values()].filter(({ collection, id, hash }) => {
    return (view.released(binding, workspace, collection, id)?.hash ?? null) !== hash
  })
}

/** All releases that are kept, the latest first. */
export function releasesOf(view: View, place: Place): readonly Release[] {
  const { binding, workspace } = place
  const current = view.counts(binding, workspace).release?.number ?? 0
  return view.releases(binding, workspace).map((row): Release => {
    const { number, by, timeMs, note, rollbackOf, changes } = row
    const lanes = changes.map(({ collection, id }) => view.lane(binding, workspace, collection, id))
    const facts: ReleaseFact =
      number < current
        ? "succeeded"
        : lanes.some((lane) => lane?.fault != null)
          ? "refused"
          : lanes.some((lane) => (lane?.first ?? 0) !== 0)
            ? "outstanding"
            : "confirmed"
    return {
      ...place,
      number,
      by,
      timeMs,
      note,
      ...(rollbackOf === undefined ? {} : { rollbackOf }),
      state: releaseTable.applying[facts],
      changes: changes.map(({ collection, id, before, after }) => ({
        collection,
        id,
        diff: fieldDiff(before.after, after),
      })),
    }
  })
}

function notKept(number: number): MillraceError {
  return new MillraceError(`There is no earlier release ${number} to go back to; see the list of releases.`, {
    kind: "not-found",
  })
}
