import { canonicalJson } from "@millrace/model"
import type { Clock, Log, Random } from "@millrace/ports"
import { maxRunParts, type RunReport } from "@millrace/target"
import type { Binding } from "../binding.ts"
import { withDeadline } from "../deliver/deadline.ts"
import type { TargetLink } from "../deliver/target-link.ts"
import type { Ledger } from "../journal/ledger.ts"
import type { ProjectorLimits } from "../limits.ts"
import type { Operations } from "../operations/operations.ts"
import { matchesWorkspace } from "../binding.ts"
import { Schedule, type ScheduleSpec } from "./schedule.ts"

export interface RoundOptions {
  readonly binding: Binding
  readonly link: TargetLink
  readonly spec: ScheduleSpec
  readonly ledger: Ledger
  readonly limits: ProjectorLimits
  readonly operations: Operations
  /** Workspaces that are followed. */
  readonly workspaces: () => readonly string[]
  /** What runs in a workspace's targets is another now. */
  readonly onRuns: (workspace: string) => void
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

// The status document is for the latest; the rest is in the target.
const maxRuns = 1_000

/** Looks at one binding's target by its schedule: what it holds, and what runs there. */
export class Round {
  readonly #options: RoundOptions
  readonly #schedule: Schedule
  readonly #runs = new Map<string, ReadonlyMap<string, RunReport>>()
  readonly #stop = new AbortController()

  constructor(options: RoundOptions) {
    this.#options = options
    const { spec, clock, random, log, binding } = options
    this.#schedule = new Schedule({
      spec,
      clock,
      random,
      log,
      name: `observe ${binding.name}`,
      run: () => this.#look(),
    })
  }

  changed(): void {
    this.#schedule.changed()
  }

  /** The last reports of a workspace, by key of the status document. */
  runs(workspace: string): ReadonlyMap<string, RunReport> {
    return this.#runs.get(workspace) ?? new Map<string, RunReport>()
  }

  async close(): Promise<void> {
    this.#stop.abort(new Error("the projector is closing"))
    await this.#schedule.close()
  }

  async #look(): Promise<void> {
    const { binding, link, operations, workspaces, ledger } = this.#options
    const { paused } = ledger.view
    if (
      link.state !== "ready" ||
      paused.includes(`binding/${binding.name}`) ||
      paused.includes(`target/${binding.target}`)
    ) {
      return
    }
    for (const workspace of workspaces()) {
      if (this.#stop.signal.aborted || !matchesWorkspace(binding.workspaces, workspace)) continue
      await operations.lookAt(binding, workspace)
      await this.#report(workspace)
    }
  }

  async #report(workspace: string): Promise<void> {
    const { binding, link, ledger, limits, clock, onRuns } = this.#options
    const { target } = link
    if (target.shape !== "state" || target.reports === undefined) return
    const applied = ledger.view.appliedLookup(binding.name, workspace)
    const scope = { workspace, collections: binding.collections, applied }
    const { reports, complete } = await withDeadline(
      clock,
      limits.callDeadlineMs,
      this.#stop.signal,
      async (signal) => {
        return (await target.reports?.(scope, { signal })) ?? { reports: [], complete: true }
      },
    )
    const now = new Map<string, RunReport>(complete ? [] : this.runs(workspace))
    for (const report of reports.slice(0, maxRuns)) {
      const key = canonicalJson([binding.target, binding.name, report.collection, report.id])
      const { parts } = report
      now.set(key, parts === undefined ? report : { ...report, parts: parts.slice(0, maxRunParts) })
    }
    this.#runs.set(workspace, now)
    onRuns(workspace)
  }
}
