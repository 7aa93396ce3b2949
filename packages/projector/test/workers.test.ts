import { join } from "node:path"
import { type Clock, silentLog, systemClock, systemRandom } from "@millrace/ports"
import type { Store } from "@millrace/store"
import { openLmdbStore } from "@millrace/store/lmdb"
import type { LogTarget } from "@millrace/target"
import { atEndOfTests, tempDir, waitFor } from "@millrace/testkit"
import { expect, test } from "vitest"
import { openProjector } from "../src/projector.ts"
import { View } from "../src/view/view.ts"
import { partitionOf } from "../src/worker/partition-of.ts"
import { PartitionWorker } from "../src/worker/partition-worker.ts"
import { type Keeper, memoryLogTarget } from "./support/memory-target.ts"
import { MemoryRelay } from "./support/memory-relay.ts"
import { schema } from "./support/schema.ts"
import { quick } from "./support/stage.ts"
import { Writer } from "./support/writer.ts"

const leaseMs = 1_500
const callDeadlineMs = 300

/** A process that can be stopped as SIGSTOP stops it: nothing of it moves, while time goes on. */
class Process {
  isFrozen = false
  #waiting: (() => void)[] = []

  readonly clock: Clock = {
    nowMs: () => systemClock.nowMs(),
    after: (delayMs, task) =>
      systemClock.after(delayMs, () => void (this.isFrozen ? this.#waiting.push(task) : task())),
  }

  freeze(): void {
    this.isFrozen = true
  }

  thaw(): void {
    this.isFrozen = false
    for (const task of this.#waiting.splice(0)) task()
  }

  /** Where the process may stand still. */
  async pass(): Promise<void> {
    while (this.isFrozen) await new Promise<void>((resolve) => void this.#waiting.push(resolve))
  }
}

interface World {
  readonly relay: MemoryRelay
  readonly sink: LogTarget & Keeper
  readonly store: Store
  readonly folder: string
  /** Calls that began, with the worker that made them. */
  readonly begun: { readonly worker: string; readonly atMs: number }[]
  /** When each worker last got a lease, at the earliest. */
  readonly leased: Map<string, number>
}

async function world(): Promise<World> {
  const folder = tempDir("workers")
  const store = await openLmdbStore({ folder: join(folder, "journal") })
  atEndOfTests(() => store.close())
  return {
    relay: new MemoryRelay(),
    sink: memoryLogTarget({ maxBatchChanges: 3 }),
    store,
    folder,
    begun: [],
    leased: new Map(),
  }
}

function work(
  { relay, sink, store, folder, begun, leased }: World,
  worker: string,
  process: Process,
  partitions: number,
): PartitionWorker {
  const running = new PartitionWorker({
    store: {
      ...frozenWith(store, process),
      acquire: async (name, owner, ttlMs) => {
        const beforeMs = systemClock.nowMs()
        const lease = await store.acquire(name, owner, ttlMs)
        leased.set(worker, beforeMs)
        return lease
      },
    },
    worker,
    partitions,
    leaseMs,
    callDeadlineMs,
    clock: process.clock,
    random: systemRandom,
    log: silentLog,
    open: async (terms) => {
      const view = View.open(join(folder, worker, String(terms.partition)))
      const target: LogTarget = {
        ...sink,
        apply: async (batch, options) => {
          begun.push({ worker, atMs: systemClock.nowMs() })
          await process.pass()
          const receipts = await sink.apply(batch, options)
          await process.pass()
          return receipts
        },
      }
      const projector = await openProjector({
        store: frozenWith(store, process),
        view,
        relay: relay.port(() => !process.isFrozen),
        schema,
        targets: [target],
        bindings: [{ name: "all", target: "sink", collections: ["notes"] }],
        limits: { ...quick, callDeadlineMs, closeGraceMs: 50 },
        clock: process.clock,
        ...terms,
      })
      return {
        projector,
        close: async () => {
          await projector.close()
          await view.close()
        },
      }
    },
  })
  atEndOfTests(() => running.close())
  return running
}

/** A store in the hands of a process: while it stands still, it asks nothing and hears of nothing. */
function frozenWith(store: Store, process: Process): Store {
  return {
    append: async (...args) => {
      await process.pass()
      const seq = await store.append(...args)
      await process.pass()
      return seq
    },
    read: (stream, afterSeq) => store.read(stream, afterSeq),
    head: (stream) => store.head(stream),
    streams: (prefix) => store.streams(prefix),
    watch: (prefix, listener) => store.watch(prefix, listener),
    snapshot: (stream, seq, payload) => store.snapshot(stream, seq, payload),
    readSnapshot: (stream) => store.readSnapshot(stream),
    trim: (stream, uptoSeq) => store.trim(stream, uptoSeq),
    trimmed: (stream) => store.trimmed(stream),
    history: (stream, afterSeq, limit) => store.history(stream, afterSeq, limit),
    acquire: (name, owner, ttlMs) => store.acquire(name, owner, ttlMs),
    close: () => Promise.resolve(),
  }
}

function wholeChains(sink: Keeper): void {
  const firsts = new Map(sink.kept.map((change) => [change.eventId, change]))
  const records = new Map<string, number[]>()
  for (const { workspace, id, version } of firsts.values()) {
    const key = `${workspace}/${id}`
    records.set(key, [...(records.get(key) ?? []), version])
  }
  for (const [record, versions] of records) expect(versions, record).toEqual(versions.map((_, at) => at + 1))
}

test("J240 workspaces are shared out among partitions, and each partition has one worker at a time", async () => {
  const all = await world()
  const [one, two] = [work(all, "one", new Process(), 4), work(all, "two", new Process(), 4)]
  await waitFor(() => one.partitions.length + two.partitions.length === 4, { what: "every partition to be taken" })
  const workspaces = Array.from({ length: 8 }, (_, at) => `w${at}`)
  expect(new Set(workspaces.map((name) => partitionOf(name, 4))).size).toBeGreaterThan(1)
  for (const [at, workspace] of workspaces.entries())
    new Writer(all.relay, workspace, "ann", 100_000 + at).put("a", "one")
  await waitFor(() => all.sink.kept.length === workspaces.length, { what: "a change of every workspace" })
  await one.close()
  await waitFor(() => two.partitions.length === 4, { what: "the other to take over" })
  for (const [at, workspace] of workspaces.entries())
    new Writer(all.relay, workspace, "bob", 200_000 + at).put("b", "two")
  await waitFor(() => new Set(all.sink.kept.map(({ eventId }) => eventId)).size === 2 * workspaces.length, {
    what: "the second changes",
  })
  wholeChains(all.sink)
})

test("J241 an owner that is frozen past its lease loses nothing and does nothing twice: the next one waits out the longest call first", async () => {
  const all = await world()
  const [first, second] = [new Process(), new Process()]
  const one = work(all, "one", first, 1)
  await waitFor(() => one.partitions.length === 1, { what: "the first owner" })
  const writer = new Writer(all.relay, "w", "ann", 100_000)
  for (let n = 0; n < 5; n++) writer.put("a", `t${n}`)
  await waitFor(() => all.sink.kept.length > 0, { what: "the first changes" })
  // In the middle of its work, with a call begun or an append under way.
  first.freeze()
  const two = work(all, "two", second, 1)
  for (let n = 5; n < 10; n++) writer.put(n % 2 === 0 ? "a" : "b", `t${n}`)
  await waitFor(() => two.partitions.length === 1, { what: "the takeover" })
  await waitFor(() => all.sink.kept.some(({ after }) => after === '{"title":"t9"}'), { what: "the last change" })
  const [firstCall] = all.begun.filter(({ worker }) => worker === "two")
  expect((firstCall?.atMs ?? 0) - (all.leased.get("two") ?? Infinity)).toBeGreaterThanOrEqual(callDeadlineMs)
  const calls = all.begun.filter(({ worker }) => worker === "one").length
  first.thaw()
  await waitFor(() => one.partitions.length === 0, { what: "the former owner to see that it is none" })
  writer.put("a", "after")
  await waitFor(() => all.sink.kept.some(({ after }) => after === '{"title":"after"}'), { what: "the change after it" })
  expect(all.begun.filter(({ worker }) => worker === "one").length).toBe(calls)
  wholeChains(all.sink)
  // What was kept twice is the same event with the same content.
  const byId = new Map<string, string>()
  for (const change of all.sink.kept) {
    expect(byId.get(change.eventId) ?? JSON.stringify(change)).toBe(JSON.stringify(change))
    byId.set(change.eventId, JSON.stringify(change))
  }
})
