import { setImmediate as turn } from "node:timers/promises"
import type { Store } from "@millrace/store"
import { type Change, eventBody, eventHeaders } from "@millrace/target"
import { checkEventChains, type SeededRandom, seededRandom } from "@millrace/testkit"
import { Lives } from "./lives.ts"
import { type Apply, memoryLogTarget, memoryStateTarget } from "./memory-target.ts"
import { MemoryRelay } from "./memory-relay.ts"
import { moody, poison } from "./moody.ts"
import { Truth } from "./truth.ts"
import { Writer } from "./writer.ts"

export interface CrashRunOptions {
  readonly seed: number
  /** An empty folder. */
  readonly folder: string
  readonly store: Store
  /** Of the journal; left out: the projector's own name for it. */
  readonly stream?: string
  /** Called after each crash. */
  readonly afterCrash?: (random: SeededRandom) => void
  /** Replaces what the log target does. */
  readonly plant?: (usual: Apply, random: SeededRandom) => Apply
}

export interface CrashRunResult {
  /** Empty when the run was right. */
  readonly problems: readonly string[]
  readonly crashes: number
  readonly kept: number
  readonly repeats: number
}

const bindings = [
  { name: "log", target: "sink", collections: ["notes", "tags"] },
  { name: "state", target: "mirror", collections: ["notes"] },
]
const workspaces = ["v", "w"]
const steps = 40
const crashProbability = 0.08

/** Edits by several people while the projector is killed at random points; then a look at what the targets hold. */
export async function crashRun(options: CrashRunOptions): Promise<CrashRunResult> {
  const random = seededRandom(options.seed)
  const relay = new MemoryRelay()
  const usual = moody(random.fork("sink"))
  const sink = memoryLogTarget({ apply: options.plant?.(usual, random.fork("plant")) ?? usual, maxBatchChanges: 5 })
  const mirror = memoryStateTarget({ name: "mirror", apply: moody(random.fork("mirror")), maxBatchChanges: 4 })
  const bound = [
    { key: "sink/log", target: "sink", binding: "log", collections: ["notes", "tags"], keeper: sink },
    { key: "mirror/state", target: "mirror", binding: "state", collections: ["notes"], keeper: mirror },
  ]
  const truths = workspaces.map((workspace) => new Truth(relay, workspace, bound))
  const edits = random.fork("edits")
  const writers = workspaces.flatMap((workspace, at) =>
    ["ann", "bob"].map((name, who) => new Writer(relay, workspace, name, 100_000 + 10 * at + who)),
  )
  const deaths = random.fork("deaths")
  const lives = new Lives({
    folder: options.folder,
    store: options.store,
    ...(options.stream === undefined ? {} : { stream: options.stream }),
    relay,
    targets: [sink, mirror],
    bindings,
    random: random.fork("lives"),
    afterCrash: options.afterCrash === undefined ? undefined : () => options.afterCrash?.(deaths),
  })
  lives.begin(crashProbability)
  for (let step = 0; step < steps; step++) {
    edit(edits.pick(writers), edits)
    if (edits.chance(0.1)) {
      const workspace = edits.pick(workspaces)
      relay.compact(workspace, edits.int(relay.head(workspace) + 1))
    }
    for (let turns = edits.int(6); turns > 0; turns--) await turn()
    if (edits.chance(0.2)) await new Promise((resolve) => void setTimeout(resolve, edits.int(4)))
    if (!lives.alive) await lives.restart(crashProbability)
  }
  for (const writer of writers) writer.push()
  // From here on nobody dies: what is outstanding must arrive.
  await lives.restart(0)
  await lives.settled(workspaces)
  await lives.end()
  for (const truth of truths) truth.check()
  const problems = [
    ...truths.flatMap((truth) => truth.problems),
    ...workspaces.flatMap((workspace) => chainProblems(sink.kept.filter((change) => change.workspace === workspace))),
    ...orderProblems(mirror.kept),
  ]
  const repeats = sink.kept.length - new Set(sink.kept.map(({ eventId }) => eventId)).size
  return { problems, crashes: lives.crashes, kept: sink.kept.length, repeats }
}

/** One careless action of a person. */
function edit(writer: Writer, random: SeededRandom): void {
  const collection = writer.records.collection(random.pick(["notes", "tags"]))
  const id = random.pick(["a", "b", "c", "d", "é/ü 1"])
  const what = random.float()
  if (what < 0.05) collection.put(id, { title: random.int(3) })
  else if (what < 0.08) collection.put(id, { title: poison })
  else if (what < 0.6) collection.put(id, { title: `t${random.int(4)}`, body: random.int(50) })
  else if (what < 0.75 && collection.has(id)) collection.update(id, { body: random.int(50) })
  else if (what < 0.85 && collection.has(id)) collection.delete(id)
  else if (what < 0.9) collection.put(id, collection.get(id) ?? { title: "t0" })
  else writer.pull()
  if (random.chance(0.7)) writer.push()
  if (random.chance(0.3)) writer.pull()
}

function chainProblems(kept: readonly Change[]): readonly string[] {
  const events = kept.map((change) => ({ headers: eventHeaders(change), body: eventBody(change) }))
  return checkEventChains(events).problems
}

/** A state target may skip versions and see one again, but never an older one after a newer. */
function orderProblems(kept: readonly Change[]): readonly string[] {
  const problems: string[] = []
  const last = new Map<string, Change>()
  const byId = new Map<string, string>()
  for (const change of kept) {
    const record = JSON.stringify([change.workspace, change.collection, change.id])
    const before = last.get(record)
    if (before !== undefined && change.version < before.version) {
      problems.push(`${record}: version ${change.version} came after ${before.version}`)
    }
    last.set(record, change)
    const body = eventBody(change)
    if ((byId.get(change.eventId) ?? body) !== body) problems.push(`${change.eventId} stands before two changes`)
    byId.set(change.eventId, body)
  }
  return problems
}
