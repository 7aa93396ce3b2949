import { contestants, type Contestant } from "./contestants.ts"
import { connecting } from "./scenarios/connecting.ts"
import { joining } from "./scenarios/joining.ts"
import { presence, type PresenceSettings } from "./scenarios/presence.ts"
import { propagation, type PropagationSettings } from "./scenarios/propagation.ts"
import { slowConsumer } from "./scenarios/slow-consumer.ts"
import type { Metrics, Stage } from "./stage.ts"

/** How much is done: what is committed, a look in a few minutes, a test that everything runs. */
export const sizes = ["full", "quick", "tiny"] as const
export type Size = (typeof sizes)[number]

/** One figure of a case and what is expected of it. */
export interface CaseRow {
  readonly metric: string
  readonly name: string
  readonly unit: string
  /** Per peer; a peer that is not named has none. */
  readonly goals?: Readonly<Partial<Record<Contestant, string>>>
  /** The peers that have such a figure at all; every one without it. */
  readonly beside?: readonly Contestant[]
  /** Also measured with everybody on millrace.v1, as a row of its own without goals. */
  readonly own?: true
}

export interface Case {
  readonly id: string
  readonly who: readonly Contestant[]
  readonly rows: readonly CaseRow[]
  /** For what takes minutes and hardly differs from run to run. */
  readonly maxRuns?: number
  run(stage: Stage, size: Size): Promise<Metrics>
}

const stock: readonly Contestant[] = contestants.filter((name) => name !== "millrace-own")
/** "Not slower", as two runs of one server differ here. */
const notSlower = { "y-websocket": "<=1.1", hocuspocus: "<=1.1" }
const allDelivered = { "y-websocket": "ours<=0", hocuspocus: "ours<=0" }

const durations = {
  full: { warmUpMs: 1500, measuredMs: 4000 },
  quick: { warmUpMs: 500, measuredMs: 1500 },
  tiny: { warmUpMs: 50, measuredMs: 150 },
}
const shares = { full: 1, quick: 1, tiny: 0.04 }

function propagationCase(id: string, label: string, load: Omit<PropagationSettings, "warmUpMs" | "measuredMs">): Case {
  const acks = { beside: ["hocuspocus"], own: true } as const
  return {
    id,
    who: contestants,
    rows: [
      { metric: "p50Ms", name: `${label}: propagation p50`, unit: "ms", goals: notSlower, own: true },
      { metric: "p99Ms", name: `${label}: propagation p99`, unit: "ms", goals: notSlower, own: true },
      ...(load.writers > 1
        ? []
        : [
            { metric: "ackP50Ms", name: `${label}: ack p50, ours on disk, theirs in memory`, unit: "ms", ...acks },
            { metric: "ackP99Ms", name: `${label}: ack p99, ours on disk, theirs in memory`, unit: "ms", ...acks },
          ]),
      {
        metric: "perCpuSecond",
        name: `${label}: updates delivered per second of server CPU`,
        unit: "1/s",
        goals: { hocuspocus: ">=2" },
        own: true,
      },
      { metric: "undelivered", name: `${label}: undelivered`, unit: "updates", goals: allDelivered, own: true },
    ],
    run: (stage, size) =>
      propagation(stage, {
        ...durations[size],
        writers: Math.ceil(load.writers * shares[size]),
        observers: Math.ceil(load.observers * shares[size]),
        updatesPerSecond: load.updatesPerSecond,
      }),
  }
}

function presenceCase(id: string, label: string, load: Omit<PresenceSettings, "warmUpMs" | "measuredMs">): Case {
  return {
    id,
    maxRuns: 1,
    who: stock,
    rows: [
      { metric: "p50Ms", name: `${label}: propagation p50`, unit: "ms" },
      { metric: "p99Ms", name: `${label}: propagation p99`, unit: "ms" },
      { metric: "cpuMsPerChange", name: `${label}: server CPU per change`, unit: "ms" },
      { metric: "undelivered", name: `${label}: undelivered`, unit: "changes", goals: allDelivered },
    ],
    run: (stage, size) => presence(stage, { ...load, ...durations[size], users: Math.ceil(load.users * shares[size]) }),
  }
}

/** Every case of the benchmark, in the order in which it runs. */
export const cases: readonly Case[] = [
  propagationCase("observers-50", "1 writer, 50 observers, 100 updates/s", {
    writers: 1,
    observers: 50,
    updatesPerSecond: 100,
  }),
  propagationCase("observers-500", "1 writer, 500 observers, 25 updates/s", {
    writers: 1,
    observers: 500,
    updatesPerSecond: 25,
  }),
  propagationCase("fan-out", "1 writer, 50 observers, 500 updates/s", {
    writers: 1,
    observers: 50,
    updatesPerSecond: 500,
  }),
  // More than one write a message can carry: what counts is how much goes out with one.
  propagationCase("saturated", "1 writer, 50 observers, 2,000 updates/s", {
    writers: 1,
    observers: 50,
    updatesPerSecond: 2000,
  }),
  propagationCase("writers-200", "200 writers, 50 updates/s", {
    writers: 200,
    observers: 0,
    updatesPerSecond: 50,
  }),
  {
    id: "connecting",
    maxRuns: 1,
    who: contestants,
    rows: [
      { metric: "oneMs", name: "1,000 clients connect to one workspace", unit: "ms", own: true },
      { metric: "eachMs", name: "1,000 clients connect to a workspace each", unit: "ms", own: true },
      { metric: "perConnectionKb", name: "live memory per connection", unit: "kB", own: true },
      { metric: "perWorkspaceKb", name: "live memory per idle workspace, besides its connection", unit: "kB" },
    ],
    run: (stage, size) => connecting(stage, { clients: 1000 * shares[size] }),
  },
  {
    id: "joining",
    who: stock,
    maxRuns: 1,
    rows: [
      { metric: "allMs", name: "150 clients join 20 MB: the last is complete", unit: "ms" },
      { metric: "p50Ms", name: "150 clients join 20 MB: half are complete", unit: "ms" },
      {
        metric: "peakMb",
        name: "150 clients join 20 MB: peak memory",
        unit: "MB",
        goals: { "y-websocket": "ours<=1024", hocuspocus: "ours<=1024" },
      },
      { metric: "heldMb", name: "150 clients join 20 MB: memory before", unit: "MB" },
      { metric: "cpuMs", name: "150 clients join 20 MB: server CPU", unit: "ms" },
      { metric: "incomplete", name: "150 clients join 20 MB: incomplete", unit: "clients", goals: allDelivered },
    ],
    run: (stage, size) => joining(stage, { joiners: Math.ceil(150 * shares[size]), bytes: 20_000_000 * shares[size] }),
  },
  presenceCase("presence-500", "presence of 500 users, 50 changes/s", {
    users: 500,
    changesPerSecond: 50,
    repeat: false,
  }),
  presenceCase("presence-repeated", "presence of 100 users who repeat what they hear, 25 changes/s", {
    users: 100,
    changesPerSecond: 25,
    repeat: true,
  }),
  {
    id: "slow-consumer",
    maxRuns: 1,
    who: stock,
    rows: [
      {
        metric: "heldMb",
        name: "one slow consumer, 64 MB sent: memory held for it",
        unit: "MB",
        goals: { "y-websocket": "ours<=32", hocuspocus: "ours<=32" },
      },
      { metric: "p99Ms", name: "one slow consumer, 64 MB sent: propagation p99 to others", unit: "ms" },
      { metric: "caughtUpMs", name: "one slow consumer, 64 MB sent: complete after it reads again", unit: "ms" },
      {
        metric: "missing",
        name: "one slow consumer, 64 MB sent: missing in the end",
        unit: "updates",
        goals: allDelivered,
      },
      { metric: "grownMb", name: "64 MB written over one key: memory grown", unit: "MB" },
    ],
    run: (stage, size) =>
      slowConsumer(stage, {
        observers: 5,
        updates: Math.ceil(320 * shares[size]),
        updateBytes: 200_000,
        updatesPerSecond: 80,
      }),
  },
]
