import { mkdir } from "node:fs/promises"
import { join } from "node:path"
import { runProcess } from "@millrace/testkit"
import { judged, type Row, rounded } from "../row.ts"
import { median } from "../stats.ts"
import { type Case, cases, type CaseRow, type Size } from "./cases.ts"
import type { Contestant } from "./contestants.ts"
import type { Metrics } from "./stage.ts"

export interface RelayBenchOptions {
  readonly size: Size
  /** Of each case with each server; the middle counts. */
  readonly runs: number
  /** Cases whose id or row names contain this; all without it. */
  readonly only?: string
  readonly who: readonly Contestant[]
  /** Folder on a disk for logs; each run removes its own. */
  readonly folder: string
  /** Flags of Node.js for the servers, such as `--cpu-prof`. */
  readonly serverFlags?: readonly string[]
  /** Nice value of servers and load clients alike. */
  readonly niceness?: number
  readonly say: (text: string) => void
}

const runDeadlineMs = 600_000
const peerNames: Readonly<Partial<Record<Contestant, string>>> = {
  "y-websocket": "y-websocket 2.1.0 server, in memory",
  hocuspocus: "Hocuspocus 4.7.0, in memory",
}

export interface RelayBench {
  readonly rows: readonly Row[]
  /** Runs that gave no figures. */
  readonly failures: number
}

/** Runs each case with every server in turn, several times over, and compares the medians of the runs that succeeded. */
export async function benchRelay(options: RelayBenchOptions): Promise<RelayBench> {
  await mkdir(options.folder, { recursive: true })
  const rows: Row[] = []
  let failures = 0
  for (const one of cases.filter((each) => isWanted(each, options.only))) {
    const who = one.who.filter((name) => options.who.includes(name))
    const figures = new Map<Contestant, Metrics[]>(who.map((name) => [name, []]))
    for (let run = 0; run < Math.min(options.runs, one.maxRuns ?? options.runs); run++) {
      // Each run begins with another server, so that none always follows the same.
      for (let turn = 0; turn < who.length; turn++) {
        const name = who[(turn + run) % who.length]
        if (name === undefined) continue
        const metrics = await runOnce(one.id, name, options)
        if (metrics === undefined) failures += 1
        else figures.get(name)?.push(metrics)
        options.say(`${one.id} run ${run + 1} ${name}: ${metrics === undefined ? "failed" : brief(metrics)}`)
      }
    }
    rows.push(...one.rows.flatMap((row) => compare(row, one, figures, options.only)))
  }
  return { rows, failures }
}

function isWanted(one: Case, only: string | undefined): boolean {
  return only === undefined || one.id.includes(only) || one.rows.some(({ name }) => name.includes(only))
}

async function runOnce(id: string, name: Contestant, options: RelayBenchOptions): Promise<Metrics | undefined> {
  const flags = (options.serverFlags ?? []).map((flag) => `--server-flag=${flag}`)
  const nice = options.niceness === undefined ? [] : [`--nice=${options.niceness}`]
  const finished = await runProcess({
    file: process.execPath,
    args: [
      "--conditions=source",
      join(import.meta.dirname, "load.ts"),
      "--case",
      id,
      "--contestant",
      name,
      "--size",
      options.size,
      "--folder",
      options.folder,
      ...nice,
      ...flags,
    ],
    deadlineMs: runDeadlineMs,
  })
  if (finished.code === 0) return JSON.parse(finished.stdout.trimEnd().split("\n").at(-1) ?? "") as Metrics
  options.say(finished.stderr.trimEnd())
  return undefined
}

/** The rows of one figure: ours beside each peer that was measured, then the same with everybody on millrace.v1. */
function compare(
  row: CaseRow,
  one: Case,
  figures: ReadonlyMap<Contestant, readonly Metrics[]>,
  only: string | undefined,
): readonly Row[] {
  if (only !== undefined && !one.id.includes(only) && !row.name.includes(only)) return []
  const middle = (name: Contestant): number | null => {
    const value = median((figures.get(name) ?? []).map((metrics) => metrics[row.metric] ?? Number.NaN))
    return Number.isFinite(value) ? rounded(value) : null
  }
  const peers = [...figures.keys()].filter(
    (name) => peerNames[name] !== undefined && (row.beside?.includes(name) ?? true),
  )
  const against = (ours: Contestant, suffix: string, goals: CaseRow["goals"]): readonly Row[] =>
    peers.map((name) =>
      judged({
        name: `${row.name}${suffix}`,
        peer: peerNames[name] ?? name,
        unit: row.unit,
        ours: middle(ours),
        theirs: middle(name),
        goal: goals?.[name] ?? null,
      }),
    )
  const own = row.own === true && figures.has("millrace-own")
  return [
    ...against("millrace", "", row.goals),
    ...(own ? against("millrace-own", ", all on millrace.v1", undefined) : []),
  ]
}

function brief(metrics: Metrics): string {
  return Object.entries(metrics)
    .map(([name, value]) => `${name} ${Number.isFinite(value) ? rounded(value) : "-"}`)
    .join(", ")
}
