import type { Courier } from "../deliver/courier.ts"
import type { TargetLink } from "../deliver/target-link.ts"
import type { Reconciler } from "../two-way/reconciler.ts"
import type { View } from "../view/view.ts"
import type { WorkspaceSupervisor } from "../workspace-supervisor.ts"
import { callBoundsSeconds, type Tally } from "./tally.ts"

/** One metric with its samples; names and labels as Prometheus writes them. No label names a record. */
export interface Metric {
  readonly name: string
  readonly type: "counter" | "gauge" | "histogram"
  readonly help: string
  readonly samples: readonly {
    /** Of a histogram: `_bucket`, `_sum` or `_count`. */
    readonly suffix?: string
    readonly labels: Readonly<Record<string, string>>
    readonly value: number
  }[]
}

export interface MetricsSource {
  readonly view: View
  readonly links: ReadonlyMap<string, TargetLink>
  readonly couriers: readonly Courier[]
  readonly workspaces: readonly WorkspaceSupervisor[]
  readonly tally: Tally
  readonly reconciler: Reconciler
  readonly nowMs: number
  readonly isFenced: boolean
  readonly isConnected: boolean
}

type Sample = Metric["samples"][number]

/** A snapshot; its cost does not depend on the number of records. */
export function metricsOf(source: MetricsSource): readonly Metric[] {
  const { view, links, couriers, workspaces, tally, reconciler, nowMs } = source
  const outbox: Sample[] = []
  const records: Sample[] = []
  const lag: Sample[] = []
  const held: Sample[] = []
  for (const { binding } of couriers) {
    const labels = { target: binding.target, binding: binding.name }
    let [depth, waiting, oldestMs] = [0, 0, nowMs]
    const states = { parked: 0, rejected: 0, conflicts: 0, pending: 0, draft: 0, synced: 0 }
    for (const workspace of view.workspaces()) {
      const counts = view.counts(binding.name, workspace)
      depth += counts.queued + counts.deleting
      waiting += couriers.find((one) => one.binding === binding)?.heldDeletions(workspace) ?? 0
      for (const state of Object.keys(states) as (keyof typeof states)[]) states[state] += counts[state]
      const [first] = view.nextBatch(binding, workspace, { maxChanges: 1, maxBytes: 1 })
      if (first !== undefined) oldestMs = Math.min(oldestMs, first.change.timeMs)
    }
    outbox.push({ labels, value: depth })
    held.push({ labels, value: waiting })
    lag.push({ labels, value: Math.max(0, nowMs - oldestMs) / 1_000 })
    for (const [state, value] of Object.entries(states)) records.push({ labels: { ...labels, state }, value })
  }
  const circuits = [...links].map(([target, { state }]) => ({ labels: { target, state }, value: 1 }))
  const limited = [...links].map(([target, { limitedMs }]) => ({ labels: { target }, value: limitedMs / 1_000 }))
  const { writeBacks, restored, echoes, braked, disputes, leftAlone } = reconciler.counters
  const delivered = [...tally.bindings]
  const states = new Map<string, number>()
  for (const { follower } of workspaces) states.set(follower.state, (states.get(follower.state) ?? 0) + 1)
  return [
    gauge("projector_connected", "Whether the relay is connected.", [one(source.isConnected ? 1 : 0)]),
    gauge("projector_fenced", "Whether another worker took the journal.", [one(source.isFenced ? 1 : 0)]),
    gauge("projector_workspaces", "Workspaces by state of their follower.", byLabel(states, "state")),
    gauge("projector_journal_seq", "Entries of the journal so far.", [one(view.applied.seq)]),
    gauge("projector_outbox_depth", "Changes that are not confirmed.", outbox),
    gauge("projector_lag_seconds", "Age of the oldest change that is not confirmed.", lag),
    gauge("projector_records", "Living, bound records by state.", records),
    gauge("projector_deletes_held", "Deletions that wait for a confirmation.", held),
    gauge("projector_circuit_state", "1 for the state that a target is in.", circuits),
    counter("projector_rate_limited_seconds_total", "Time that calls waited for a target's rate.", limited),
    counter(
      "projector_delivered_total",
      "Changes that a target confirmed.",
      delivered.map(([binding, { delivered: value }]) => ({ labels: { binding }, value })),
    ),
    counter(
      "projector_redelivered_total",
      "Changes that were sent again.",
      delivered.map(([binding, { redelivered: value }]) => ({ labels: { binding }, value })),
    ),
    counter(
      "projector_rejected_total",
      "Changes that a target refused for good.",
      delivered.flatMap(([binding, { rejected }]) =>
        [...rejected].map(([reason, value]) => ({ labels: { binding, reason }, value })),
      ),
    ),
    counter("projector_write_backs_total", "Records that were written onto documents.", [one(writeBacks)]),
    counter("projector_write_backs_left_total", "Write-backs that were out of date or refused by the schema.", [
      one(leftAlone),
    ]),
    counter("projector_restored_total", "Records that were sent again since the target had changed them.", [
      one(restored),
    ]),
    counter("projector_echo_suppressed_total", "Changes that a target needed not be told of.", [one(echoes)]),
    counter("projector_conflicts_total", "Fields that were put before a person.", [one(disputes)]),
    counter("projector_oscillating_total", "Records that the brake stopped.", [one(braked)]),
    {
      name: "projector_target_request_seconds",
      type: "histogram",
      help: "Calls of targets.",
      samples: histogram(tally),
    },
  ]
}

function histogram(tally: Tally): readonly Sample[] {
  return [...tally.calls].flatMap(([target, { count, sumMs, buckets }]) => [
    ...callBoundsSeconds.map((bound, at) => ({
      suffix: "_bucket",
      labels: { target, le: String(bound) },
      value: buckets[at] ?? 0,
    })),
    { suffix: "_bucket", labels: { target, le: "+Inf" }, value: count },
    { suffix: "_sum", labels: { target }, value: sumMs / 1_000 },
    { suffix: "_count", labels: { target }, value: count },
  ])
}

function byLabel(values: ReadonlyMap<string, number>, label: string): readonly Sample[] {
  return [...values].map(([key, value]) => ({ labels: { [label]: key }, value }))
}

function one(value: number): Sample {
  return { labels: {}, value }
}

function gauge(name: string, help: string, samples: readonly Sample[]): Metric {
  return { name, type: "gauge", help, samples }
}

function counter(name: string, help: string, samples: readonly Sample[]): Metric {
  return { name, type: "counter", help, samples }
}
