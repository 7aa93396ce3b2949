import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { join } from "node:path"
import { openLmdbStore } from "@millrace/store/lmdb"
import { atEndOfTests, seedFromEnvironment, seededRandom, tempDir } from "@millrace/testkit"
import { expect, test } from "vitest"
import { crashRun, type CrashRunResult } from "./support/crash-run.ts"
import { VolatileStore } from "./support/volatile-store.ts"

/** Number of histories; set MILLRACE_CRASH_RUNS for more. */
const runs = Number(process.env["MILLRACE_CRASH_RUNS"] ?? "100")

test(
  "J2 killed at any point, the projector resumes: no gap, no renumbered change, no id with two meanings, nothing accepted early",
  async () => {
    const seeds = seededRandom(seedFromEnvironment())
    const folder = fastDir()
    const store = await openLmdbStore({ folder: join(folder, "journals") })
    atEndOfTests(() => store.close())
    const total = { crashes: 0, kept: 0, repeats: 0 }
    for (let run = 0; run < runs; run++) {
      const seed = seeds.int(2 ** 31)
      const at = join(folder, String(run))
      mkdirSync(at)
      // One LMDB folder for all: each run has a stream of its own.
      const result = await crashRun({ seed, folder: at, store: prefixed(store, `run-${run}/`) })
      expect(result.problems, `seed ${seed}`).toEqual([])
      total.crashes += result.crashes
      total.kept += result.kept
      total.repeats += result.repeats
    }
    console.log(`${runs} histories: ${total.crashes} crashes, ${total.kept} events kept, ${total.repeats} repeats`)
    // A sample in which nothing went wrong proves nothing.
    expect(total.crashes).toBeGreaterThan(runs)
    expect(total.repeats).toBeGreaterThan(0)
  },
  20_000 + runs * 2_000,
)

test("J2 the checker finds a journal that acks before it is durable", async () => {
  const problems = await faulty(async (seed, folder) => {
    const volatile = new VolatileStore()
    return crashRun({
      seed,
      folder,
      store: volatile.store,
      afterCrash: (random) => volatile.crash((atRisk) => (random.chance(0.5) ? atRisk : Math.floor(atRisk / 2))),
    })
  })
  expect(problems.join("\n")).toMatch(/where \d+ was due|before is not the after/)
})

test("J3 the checker finds a target that accepts without keeping", async () => {
  const problems = await faulty(async (seed, folder) => {
    const store = await openLmdbStore({ folder: join(folder, "journal") })
    try {
      return await crashRun({
        seed,
        folder,
        store,
        plant: (usual, random) => (changes, keep) =>
          usual(changes, (change) => void (random.chance(0.05) || keep(change))),
      })
    } finally {
      await store.close()
    }
  })
  expect(problems.join("\n")).toMatch(/as accepted/)
})

async function faulty(run: (seed: number, folder: string) => Promise<CrashRunResult>): Promise<readonly string[]> {
  const seeds = seededRandom(seedFromEnvironment())
  const folder = fastDir()
  const problems: string[] = []
  for (let at = 0; at < 15; at++) {
    const own = join(folder, String(at))
    mkdirSync(own)
    problems.push(...(await run(seeds.int(2 ** 31), own)).problems)
  }
  return problems
}

/** A folder in memory where there is one: what is killed here is the process, not the machine. */
function fastDir(): string {
  if (!existsSync("/dev/shm")) return tempDir("crash")
  const folder = mkdtempSync("/dev/shm/millrace-crash-")
  atEndOfTests(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

type Prefixed = Parameters<typeof crashRun>[0]["store"]

/** Streams of a shared store under a name of their own. */
function prefixed(store: Prefixed, prefix: string): Prefixed {
  return {
    append: (stream, entries, expectedSeq) => store.append(`${prefix}${stream}`, entries, expectedSeq),
    read: (stream, afterSeq) => store.read(`${prefix}${stream}`, afterSeq),
    head: (stream) => store.head(`${prefix}${stream}`),
    streams: (name) => store.streams(`${prefix}${name}`),
    watch: (name, listener) => store.watch(`${prefix}${name}`, listener),
    snapshot: (stream, seq, payload) => store.snapshot(`${prefix}${stream}`, seq, payload),
    readSnapshot: (stream) => store.readSnapshot(`${prefix}${stream}`),
    trim: (stream, uptoSeq) => store.trim(`${prefix}${stream}`, uptoSeq),
    trimmed: (stream) => store.trimmed(`${prefix}${stream}`),
    history: (stream, afterSeq, limit) => store.history(`${prefix}${stream}`, afterSeq, limit),
    acquire: (name, owner, ttlMs) => store.acquire(`${prefix}${name}`, owner, ttlMs),
    close: () => Promise.resolve(),
  }
}
