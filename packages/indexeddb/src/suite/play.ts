import { resultOf } from "../open-database.ts"
import { Capture } from "../capture/capture.ts"
import type { LogRecord } from "../capture/changes.ts"
import { cleanKey, journalOf, type JournalRecord } from "../capture/journal.ts"
import { textOfKey } from "../capture/key-text.ts"
import { sameClone } from "../capture/same-clone.ts"
import { stepsOf, type Known } from "../capture/steps.ts"
import { createStores, getterLine, Program, storeNames, type Trace } from "./program.ts"

const steps = 8

/** Rows by store and key's text. */
type Contents = ReadonlyMap<string, ReadonlyMap<string, unknown>>

export interface Played {
  readonly problems: readonly string[]
  readonly transactions: number
  readonly changes: number
  /** Of those, how many had to be told as "look through the store". */
  readonly resets: number
}

/**
 * Runs one program on the bare engine and captured, and compares every result, event, error and row; then looks whether each change was marked
 * and each image is what was there.
 */
export async function playProgram(engine: IDBFactory, seed: number, images: boolean): Promise<Played> {
  const bare = await run(engine, engine, `bare-${seed}`, seed, undefined)
  const name = `captured-${seed}-${images}`
  const capture = new Capture({ databases: [name], indexedDB: engine, images })
  const captured = await run(engine, capture.factory(), name, seed, images)
  const problems = [...captured.problems]
  for (const [step, trace] of bare.traces.entries()) {
    const other = captured.traces[step] ?? []
    const at = trace.findIndex((line, index) => line !== other[index])
    if (at >= 0 || trace.length !== other.length) {
      problems.push(`step ${step}: bare "${trace[at] ?? "ends"}", captured "${other[at] ?? "ends"}"`)
    }
  }
  if (!sameContents(bare.contents, captured.contents)) problems.push("the rows differ at the end")
  const transactions = captured.traces.flat().filter((line) => line.startsWith("stores ")).length
  const { changes, resets } = captured
  return { problems: problems.map((each) => `seed ${seed}, images ${images}: ${each}`), transactions, changes, resets }
}

interface Ran {
  readonly traces: readonly Trace[]
  readonly contents: Contents
  readonly problems: readonly string[]
  readonly changes: number
  readonly resets: number
}

async function run(
  engine: IDBFactory,
  factory: IDBFactory,
  name: string,
  seed: number,
  images?: boolean,
): Promise<Ran> {
  await resultOf(engine.deleteDatabase(name))
  const request = factory.open(name, 1)
  request.onupgradeneeded = () => createStores(request.result)
  const database = await resultOf(request)
  const side = await resultOf(engine.open(name))
  const program = new Program(seed, database)
  const traces: Trace[] = []
  const problems: string[] = []
  let changes = 0
  let resets = 0
  let contents = await read(side)
  for (let step = 0; step < steps; step += 1) {
    traces.push(await program.step())
    const next = await read(side)
    if (images !== undefined) {
      const byGetter = traces.at(-1)?.includes(getterLine) === true
      const { records, without } = await takeMarks(side, next)
      changes += records.reduce((sum, each) => sum + each.changes.length, 0)
      resets += records.flatMap((each) => each.changes).filter(({ op }) => op === "reset").length
      problems.push(
        ...problemsOf(
          contents,
          next,
          records,
          (store) => images && !without.has(store) && !(byGetter && store === "inline"),
        ).map((each) => `step ${step}: ${each}`),
      )
    }
    contents = next
  }
  side.close()
  database.close()
  await resultOf(engine.deleteDatabase(name))
  return { traces, contents, problems, changes, resets }
}

async function read(database: IDBDatabase): Promise<Contents> {
  const transaction = database.transaction([...storeNames], "readonly")
  const all = storeNames.map(async (name) => {
    const store = transaction.objectStore(name)
    const [keys, rows] = await Promise.all([resultOf(store.getAllKeys()), resultOf<unknown[]>(store.getAll())])
    return [name, new Map(keys.map((key, index) => [textOfKey(key), rows[index]]))] as const
  })
  return new Map(await Promise.all(all))
}

interface Marks {
  readonly records: readonly LogRecord[]
  /** Stores where a commit came before an image. */
  readonly without: ReadonlySet<string>
}

/** Empties the journals and tells what they say. */
async function takeMarks(database: IDBDatabase, contents: Contents): Promise<Marks> {
  const transaction = database.transaction(storeNames.map(journalOf), "readwrite")
  const swept = await Promise.all(
    storeNames.map(async (store) => {
      const journal = transaction.objectStore(journalOf(store))
      const numbers = IDBKeyRange.upperBound(Number.POSITIVE_INFINITY)
      const records: JournalRecord[] = await resultOf(journal.getAll(numbers))
      const clean = await resultOf(journal.getKey(cleanKey))
      journal.delete(numbers)
      const known = contents.get(store) ?? new Map<string, unknown>()
      const rows = new Map<string, Known>()
      for (const { marks, images } of records) {
        for (const each of [...marks, ...images]) {
          if (!("key" in each)) continue
          const text = textOfKey(each.key)
          rows.set(text, known.has(text) ? { row: known.get(text) } : {})
        }
      }
      return { store, records, rows, isUnclean: clean === undefined }
    }),
  )
  const late = swept.filter(({ records }) => records.some(({ hasImages }) => !hasImages))
  return { records: stepsOf(swept), without: new Set(late.map(({ store }) => store)) }
}

function problemsOf(
  before: Contents,
  after: Contents,
  records: readonly LogRecord[],
  images: (store: string) => boolean,
): readonly string[] {
  const problems: string[] = []
  const changes = records.flatMap((record) => record.changes)
  for (const store of storeNames) {
    const from = before.get(store) ?? new Map<string, unknown>()
    const to = after.get(store) ?? new Map<string, unknown>()
    const own = changes.filter((change) => change.store === store)
    const isReset = own.some(({ op }) => op === "reset")
    for (const key of new Set([...from.keys(), ...to.keys()])) {
      const steps = own.flatMap((change) => (change.op !== "reset" && textOfKey(change.key) === key ? [change] : []))
      const isAlike = from.has(key) === to.has(key) && sameClone(from.get(key), to.get(key))
      if (!isAlike && steps.length === 0 && !isReset) problems.push(`${store} ${key} changed without a mark`)
      const [first] = steps
      const last = steps.at(-1)
      // Behind a reset of the same step nobody knows with which transaction the key changed.
      if (first === undefined || last === undefined || isReset) continue
      if (images(store) && !first.isExact && !isAlike) problems.push(`${store} ${key} has no image`)
      if (first.isExact && "before" in first !== from.has(key))
        problems.push(`${store} ${key}: the image says otherwise`)
      if (first.isExact && "before" in first && !sameClone(first.before, from.get(key))) {
        problems.push(`${store} ${key}: the image is not what was there`)
      }
      if ("after" in last !== to.has(key)) problems.push(`${store} ${key}: the last change says otherwise`)
    }
  }
  return problems
}

function sameContents(a: Contents, b: Contents): boolean {
  return storeNames.every((name) => sameClone(a.get(name), b.get(name)))
}
