import { type IntervalHistogram, monitorEventLoopDelay } from "node:perf_hooks"
import type { ErrorKind } from "@millrace/ports"
import { Counter, formatMetrics, Gauge, Histogram, LabelledCounter, type Metric } from "./text-format.ts"

/** What is looked at when the page is written. */
export interface MetricSources {
  readonly connections: () => number
  readonly channels: () => number
  readonly rooms: () => number
  readonly revocations: () => number
  readonly quarantined: () => number
}

const secondsBounds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]
const bytesBounds = [256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216]

/**
 * Figures of one relay, for Prometheus. No label holds a workspace, a user or an address, so their number is fixed and
 * the page tells nothing of who works on what.
 */
export class Metrics {
  readonly framesIn: Counter = new Counter("millrace_relay_frames_in_total", "WebSocket messages received.")
  readonly framesOut: Counter = new Counter("millrace_relay_frames_out_total", "WebSocket messages sent.")
  readonly bytesIn: Counter = new Counter("millrace_relay_bytes_in_total", "Bytes of WebSocket messages received.")
  readonly bytesOut: Counter = new Counter("millrace_relay_bytes_out_total", "Bytes of WebSocket messages sent.")
  readonly commits: Counter = new Counter("millrace_relay_commits_total", "Groups of updates flushed to disk.")
  readonly commitFailures: Counter = new Counter(
    "millrace_relay_commit_failures_total",
    "Groups that the disk refused.",
  )
  readonly commitSeconds: Histogram = new Histogram(
    "millrace_relay_commit_seconds",
    "Time from handing a group of updates to the store until it is flushed.",
    secondsBounds,
  )
  readonly flushBytes: Histogram = new Histogram(
    "millrace_relay_flush_bytes",
    "Bytes of updates in one group that was flushed.",
    bytesBounds,
  )
  readonly channelsOpened: Counter = new Counter("millrace_relay_channels_opened_total", "Channels asked for.")
  readonly acks: Counter = new Counter("millrace_relay_acks_total", "Messages that told a client what is durable.")
  readonly slowConsumers: Counter = new Counter(
    "millrace_relay_slow_consumers_total",
    "Times that a socket had too much waiting and what waited was dropped.",
  )
  readonly compactions: Counter = new Counter("millrace_relay_compactions_total", "Snapshots made of logs.")
  readonly compactionFailures: Counter = new Counter(
    "millrace_relay_compaction_failures_total",
    "Compactions that a disk or a thread failed; logs that do not compact are counted by `quarantined`.",
  )
  readonly compactionSeconds: Histogram = new Histogram(
    "millrace_relay_compaction_seconds",
    "Time of one compaction, reading, verifying and trimming included.",
    [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
  )
  readonly refusals: LabelledCounter<ErrorKind> = new LabelledCounter(
    "millrace_relay_refusals_total",
    "Upgrades, channels, messages and requests refused, by kind of error.",
    "kind",
  )
  readonly #loop: IntervalHistogram = monitorEventLoopDelay({ resolution: 20 })

  constructor() {
    this.#loop.enable()
  }

  /** The page; what is counted since the last page is the loop's delay alone. */
  page(sources: MetricSources): string {
    const nanoseconds = 1e9
    const worst = this.#loop.max / nanoseconds
    const mean = Number.isNaN(this.#loop.mean) ? 0 : this.#loop.mean / nanoseconds
    this.#loop.reset()
    const gauges: readonly Metric[] = [
      new Gauge("millrace_relay_connections", "Sockets that are open.", sources.connections),
      new Gauge("millrace_relay_channels", "Replicas joined to workspaces.", sources.channels),
      new Gauge("millrace_relay_rooms", "Workspaces in memory.", sources.rooms),
      new Gauge("millrace_relay_revocations", "Revocations in force.", sources.revocations),
      new Gauge(
        "millrace_relay_quarantined",
        "Logs that do not compact; they are served as they are.",
        sources.quarantined,
      ),
      new Gauge(
        "millrace_relay_loop_delay_max_seconds",
        "Worst delay of the event loop since the last page.",
        () => worst,
      ),
      new Gauge(
        "millrace_relay_loop_delay_mean_seconds",
        "Mean delay of the event loop since the last page.",
        () => mean,
      ),
      new Gauge("millrace_relay_resident_bytes", "Memory of the process.", () => process.memoryUsage.rss()),
    ]
    return formatMetrics([
      ...gauges,
      this.framesIn,
      this.framesOut,
      this.bytesIn,
      this.bytesOut,
      this.commits,
      this.commitFailures,
      this.commitSeconds,
      this.flushBytes,
      this.channelsOpened,
      this.acks,
      this.slowConsumers,
      this.compactions,
      this.compactionFailures,
      this.compactionSeconds,
      this.refusals,
    ])
  }

  close(): void {
    this.#loop.disable()
  }
}
