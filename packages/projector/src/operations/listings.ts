import type { View } from "../view/view.ts"
import { conflictId, disputeHash } from "../view/exception.ts"
import type { Conflict, ParkedRecord } from "./types.ts"

/** Most that a list names. */
export const maxListed = 10_000

/** Everything that waits for an answer in a workspace. */
export function conflictsIn(view: View, workspace: string): readonly Conflict[] {
  const found: Conflict[] = []
  for (const [collection, id] of view.exceptional(workspace)) {
    for (const { name, target } of view.bindingsOf(workspace)) {
      for (const [field, dispute] of Object.entries(view.base(name, workspace, collection, id)?.disputes ?? {})) {
        if (found.length >= maxListed) return found
        const { base, ours, theirs, sinceMs } = dispute
        found.push({
          id: conflictId(workspace, name, collection, id, field),
          workspace,
          binding: name,
          target,
          collection,
          record: id,
          field,
          base,
          ours,
          theirs,
          baseHash: disputeHash(dispute),
          sinceMs,
        })
      }
    }
  }
  return found
}

/** What targets refused, and what the brake stopped, in all bindings of a workspace or in one. */
export function parkedIn(view: View, workspace: string, only: string | undefined): readonly ParkedRecord[] {
  const found: ParkedRecord[] = []
  for (const binding of view.bindingsOf(workspace)) {
    const { name, target } = binding
    if (only !== undefined && name !== only) continue
    for (const { record, lane } of view.stuck(name, workspace)) {
      if (found.length >= maxListed) return found
      const { collection, id } = record
      const brake = view.base(name, workspace, collection, id)?.brake
      found.push({
        workspace,
        binding: name,
        target,
        collection,
        id,
        state: lane.fault?.state ?? "oscillating",
        version: lane.fault?.version ?? record.version,
        kind: lane.fault?.kind ?? "conflict",
        reason: lane.fault?.reason ?? view.exception(binding, workspace, collection, id)?.reason ?? "",
        attempts: lane.fault?.attempts ?? brake?.count ?? 0,
        sinceMs: lane.fault?.timeMs ?? brake?.sinceMs ?? 0,
        content: view.firstContent(name, workspace, lane) ?? record.after,
      })
    }
  }
  return found
}
