import { mkdir, rm } from "node:fs/promises"
import { join } from "node:path"
import { findChromium, runProcess } from "@millrace/testkit"
import { judged, type Row, rounded } from "../row.ts"
import { median } from "../stats.ts"
import { openInBrowser } from "./browser/open-in-browser.ts"
import type { LayoutName } from "./layouts.ts"
import type { Way } from "./make.ts"
import type { Figures } from "./measure.ts"

export interface RecordsBenchOptions {
  readonly records: number
  readonly workspaces: number
  /** Of each measurement; the middle counts. */
  readonly runs: number
  /** Folder on a disk; what is made in it is removed. */
  readonly folder: string
  readonly say: (text: string) => void
}

const peers = { nested: "nested Y.Maps", whole: "a value a record" } as const
const stepDeadlineMs = 900_000

type Peer = keyof typeof peers

interface RowOf {
  readonly name: string
  readonly figure: string
  readonly unit: string
  readonly goal: string | null
}

/** Goals are those beside nested maps. */
function loadRows(
  state: string,
  goals: { readonly heap: string; readonly load: string } | undefined,
): readonly RowOf[] {
  return [
    { name: `${state}: heap with index`, figure: "heapMb", unit: "MB", goal: goals?.heap ?? null },
    { name: `${state}: load with index`, figure: "loadMs", unit: "ms", goal: goals?.load ?? null },
    { name: `${state}: one edit, time`, figure: "editUs", unit: "us", goal: null },
    { name: `${state}: one edit, size`, figure: "editBytes", unit: "bytes", goal: null },
    { name: `${state}: document`, figure: "stateMb", unit: "MB", goal: null },
  ]
}

const fresh = { heap: "<=0.25", load: "<=0.2" }
const notWorse = { heap: "<=1", load: "<=1" }

interface State {
  readonly label: string
  readonly way: Way
  readonly stage: string
  readonly goals: { readonly heap: string; readonly load: string }
}

const states: readonly State[] = [
  { label: "imported", way: "imported", stage: "fresh", goals: fresh },
  { label: "written one by one", way: "one-by-one", stage: "fresh", goals: fresh },
  { label: "a quarter of fields edited", way: "imported", stage: "quarter", goals: notWorse },
  { label: "all fields edited", way: "imported", stage: "all", goals: notWorse },
]

/** The same records in our layout and in two others: memory, load, edits, queries, and opening in a real browser. */
export async function benchRecords(options: RecordsBenchOptions): Promise<readonly Row[]> {
  const { records, workspaces, say } = options
  const folder = join(options.folder, `records-${records}`)
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  const names = ["millrace", "nested", "whole"] as const
  for (const name of names) {
    say(`making ${records} records as ${name}`)
    await step(folder, ["make", folder, name, "imported", "all", String(records)])
    await step(folder, ["make", folder, name, "one-by-one", "fresh", String(records)])
  }
  const measured = async (
    what: string,
    way: string,
    stage: string,
    count: number,
  ): Promise<Map<LayoutName, Figures>> => {
    const all = new Map<LayoutName, Figures[]>(names.map((name) => [name, []]))
    for (let run = 0; run < options.runs; run++) {
      for (const name of names) {
        const figures = await step(folder, [what, folder, name, way, stage, String(count)])
        all.get(name)?.push(figures)
      }
    }
    const found = new Map([...all].map(([name, runs]) => [name, middle(runs)]))
    for (const [name, figures] of found) say(`${what} ${way} ${stage} ${name}: ${brief(figures)}`)
    return found
  }
  const rows: Row[] = []
  for (const { label, way, stage, goals } of states) {
    const found = await measured("load", way, stage, records)
    rows.push(
      ...compared(found, "nested", loadRows(label, goals)),
      ...compared(found, "whole", loadRows(label, undefined)),
    )
  }
  const query = [
    { name: "one change until ten records of a query follow, p50", figure: "queryUs", unit: "us", goal: "<=0.1" },
    { name: "one change until ten records of a query follow, p99", figure: "queryP99Us", unit: "us", goal: null },
  ]
  const queried = await measured("query", "imported", "fresh", records)
  const small = [
    { name: `${workspaces} workspaces of 100 records opened`, figure: "smallMs", unit: "ms", goal: "<=1" },
    { name: `${workspaces} workspaces of 100 records, heap`, figure: "smallHeapMb", unit: "MB", goal: "<=1" },
  ]
  const opened = await measured("small", "none", "none", workspaces)
  for (const peer of ["nested", "whole"] as const) {
    const goals = peer === "nested"
    const of = (each: RowOf): RowOf => (goals ? each : { ...each, goal: null })
    rows.push(...compared(queried, peer, query.map(of)), ...compared(opened, peer, small.map(of)))
  }
  rows.push(await browserRow(folder, options))
  await rm(folder, { recursive: true, force: true })
  return rows
}

async function browserRow(folder: string, { records, runs, say }: RecordsBenchOptions): Promise<Row> {
  const row = {
    name: "Chromium: from IndexedDB to the first indexed query",
    peer: "Y.applyUpdate of nested Y.Maps, from memory",
    unit: "ms",
    goal: "<=1.5",
  }
  if (findChromium() === undefined) {
    say("There is no Chromium here: install the package chromium for the last row.")
    return judged({ ...row, ours: null, theirs: null })
  }
  const nested = join(folder, "nested-imported-fresh.bin")
  const { openMs, applyMs } = await openInBrowser(folder, nested, records, Math.max(5, runs))
  const list = (all: readonly number[]): string => all.map((ms) => Math.round(ms)).join(", ")
  say(`Chromium: opened in ${list(openMs)} ms; nested maps applied in ${list(applyMs)} ms`)
  return judged({ ...row, ours: rounded(median(openMs)), theirs: rounded(median(applyMs)) })
}

async function step(folder: string, args: readonly string[]): Promise<Figures> {
  const finished = await runProcess({
    file: process.execPath,
    args: [
      "--expose-gc",
      "--max-old-space-size=8192",
      "--conditions=source",
      join(import.meta.dirname, "step.ts"),
      ...args,
    ],
    deadlineMs: stepDeadlineMs,
  })
  if (finished.code !== 0) throw new Error(`${args.join(" ")} in ${folder}: ${finished.stderr.trimEnd()}`)
  return JSON.parse(finished.stdout.trimEnd().split("\n").at(-1) ?? "") as Figures
}

function compared(found: ReadonlyMap<LayoutName, Figures>, peer: Peer, rows: readonly RowOf[]): readonly Row[] {
  const of = (name: LayoutName, figure: string): number => rounded(found.get(name)?.[figure] ?? Number.NaN)
  return rows.map(({ name, figure, unit, goal }) =>
    judged({ name, peer: peers[peer], unit, ours: of("millrace", figure), theirs: of(peer, figure), goal }),
  )
}

function middle(runs: readonly Figures[]): Figures {
  const names = Object.keys(runs[0] ?? {})
  return Object.fromEntries(names.map((name) => [name, median(runs.map((run) => run[name] ?? Number.NaN))]))
}

function brief(figures: Figures): string {
  return Object.entries(figures)
    .map(([name, value]) => `${name} ${rounded(value)}`)
    .join(", ")
}
