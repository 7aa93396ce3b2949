import type { CircuitState } from "./deliver/circuit.ts"
import type { TargetLink } from "./deliver/target-link.ts"
import type { FollowerState } from "./derive/workspace-follower.ts"
import type { View } from "./view/view.ts"

/** Counts of living, bound records: each in exactly one, the first that applies of parked, rejected, conflicts, pending, synced. */
export interface BindingReport {
  readonly name: string
  readonly watermark: number
  readonly pending: number
  readonly synced: number
  readonly rejected: number
  readonly conflicts: number
  readonly parked: number
  /** Of published bindings: records that are not as they were released last. */
  readonly draft?: number
  /** Deletions that wait for a confirmation; left out where none does. */
  readonly heldDeletions?: number
}

export interface TargetReport {
  readonly name: string
  readonly kind: string
  readonly state: CircuitState
  /** What the last failure said; null after the target answered. */
  readonly lastError: string | null
  readonly bindings: readonly BindingReport[]
}

export interface WorkspaceReport {
  readonly workspace: string
  readonly generation: number
  /** Seq of the log that all of this reflects. */
  readonly position: number
  /** `unknown` where the relay has not named the workspace yet. */
  readonly state: FollowerState | "unknown"
  /** Why nothing is derived, where that is so. */
  readonly error: string | null
  readonly targets: readonly TargetReport[]
}

export interface Readiness {
  readonly ready: boolean
  /** What is missing, for people. */
  readonly detail: string
}

/** Reads the counters that the view keeps: the cost does not depend on the number of records. */
export function reportOf(
  view: View,
  workspace: string,
  links: ReadonlyMap<string, TargetLink>,
  follower: { readonly state: FollowerState; readonly error: Error | undefined } | undefined,
  heldDeletions: (binding: string) => number = () => 0,
): WorkspaceReport {
  const position = view.position(workspace)
  const targets: TargetReport[] = []
  for (const [name, link] of [...links].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const bindings = view.bindingsOf(workspace).filter(({ target }) => target === name)
    if (bindings.length === 0) continue
    targets.push({
      name,
      kind: link.target.kind,
      state: link.state,
      lastError: link.lastError ?? null,
      bindings: bindings.map((binding) => {
        const { pending, synced, rejected, conflicts, parked, draft } = view.counts(binding.name, workspace)
        const watermark = view.watermark(binding.name, workspace)
        const held = heldDeletions(binding.name)
        return {
          name: binding.name,
          watermark,
          pending,
          synced,
          rejected,
          conflicts,
          parked,
          ...(binding.mode === "published" ? { draft } : {}),
          ...(held === 0 ? {} : { heldDeletions: held }),
        }
      }),
    })
  }
  return {
    workspace,
    generation: position?.generation ?? 1,
    position: position?.seq ?? 0,
    state: follower?.state ?? "unknown",
    error: follower?.error?.message ?? null,
    targets,
  }
}
