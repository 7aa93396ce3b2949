import { join } from "node:path"
import { systemClock } from "@millrace/ports"
import type { Change, LogTarget } from "@millrace/target"
import { ChangeMaker, type Subject, targetSuite } from "@millrace/target/suite"
import {
  checkEventChains,
  type FlumeAgent,
  type FlumeAgentOptions,
  seededRandom,
  startFlumeAgent,
  tempDir,
} from "@millrace/testkit"
import { describe, expect, test } from "vitest"
import { createFlumeTarget, type FlumeConfig, flumeConfig } from "../src/index.ts"
import { heldOf } from "./fake-flume.ts"

const never = { signal: new AbortController().signal }

function targetFor(agent: FlumeAgent, settings: Partial<FlumeConfig> = {}): LogTarget {
  const config = flumeConfig({ kind: "flume", url: agent.httpUrl, ...settings }, "targets.real")
  return createFlumeTarget("real", config, { clock: systemClock })
}

function restart(agent: FlumeAgent, options: Partial<FlumeAgentOptions> = {}): Promise<FlumeAgent> {
  return startFlumeAgent({ dir: join(agent.outDir, ".."), httpPort: agent.httpPort, ...options })
}

function idsOf(changes: readonly Change[]): readonly string[] {
  return changes.map((change) => change.eventId)
}

describe("the suite on a real agent", () => {
  // One agent for all cases: a case sees only what came after its start.
  let shared: Promise<FlumeAgent> | undefined

  async function make(options: { readonly timeoutMs?: number }): Promise<Subject> {
    shared ??= startFlumeAgent({ dir: tempDir("flume") })
    let agent = await shared
    const before = (await agent.readSink()).length
    return {
      target: targetFor(agent, { maxEventBytes: 150_000, ...options }),
      held: async () => heldOf((await agent.readSink()).slice(before)),
      die: () => agent.kill(),
      revive: async () => {
        agent = await restart(agent)
        shared = Promise.resolve(agent)
      },
      dispose: () => Promise.resolve(),
    }
  }

  const spoil = (change: Change): Change => ({ ...change, after: JSON.stringify({ name: "x".repeat(200_000) }) })
  for (const { title, run } of targetSuite("log", { make, http: false, spoil })) test(title, run)
})

test("T40 no acknowledged event is lost when the agent is killed in the middle of a stream, and repeats have the same id", async () => {
  const random = seededRandom().fork("T40")
  let agent = await startFlumeAgent({ dir: tempDir("flume") })
  const target = targetFor(agent, { timeoutMs: 10_000 })
  const maker = new ChangeMaker()
  const changes = Array.from({ length: 6000 }, (_, at) =>
    maker.next(`record-${random.int(200)}`, random.chance(0.1) ? null : { at, text: "é漢😀".repeat(20) }),
  )
  // The deletion of an absent record is no step of a chain; keep the versions that a projector would derive.
  const steps = changes.filter((change) => change.before !== null || change.after !== null)
  const chains = renumbered(steps)

  let restarting: Promise<void> = Promise.resolve()
  const batches = Math.ceil(chains.length / 50)
  const killAt = new Set(random.shuffle(Array.from({ length: batches - 1 }, (_, at) => at)).slice(0, 4))
  let repeats = 0
  for (let at = 0; at < chains.length;) {
    const batch = chains.slice(at, at + 50)
    if (killAt.delete(at / 50)) {
      // Not awaited: the kill falls somewhere into the calls that follow.
      restarting = agent.kill().then(async () => {
        agent = await restart(agent)
      })
    }
    const receipts = await target.apply({ binding: "b", changes: batch }, never)
    if (receipts.every((receipt) => receipt.outcome === "accepted")) {
      at += batch.length
      continue
    }
    repeats += 1
    for (const receipt of receipts) if (receipt.outcome === "failed") expect(receipt.kind).toBe("retry")
    await restarting
  }
  await restarting
  expect(killAt.size).toBe(0)
  expect(repeats).toBeGreaterThan(0)

  const events = await agent.readSink({ deadlineMs: 60_000 })
  const found = checkEventChains(events)
  expect(found.problems).toEqual([])
  expect(new Set(heldOf(events).map((held) => held.eventId))).toEqual(new Set(idsOf(chains)))
  await target.close()
  await agent.kill()
})

test("T41 a batch larger than the channel's transactions arrives whole and in order, in the parts that the agent can take", async () => {
  const agent = await startFlumeAgent({ dir: tempDir("flume"), transactionCapacity: 64 })
  const target = targetFor(agent)
  const changes = new ChangeMaker().records(500)
  const receipts = await target.apply({ binding: "b", changes }, never)
  expect(receipts.filter((receipt) => receipt.outcome === "accepted")).toHaveLength(500)
  const events = await agent.readSink()
  expect(heldOf(events).map((held) => held.eventId)).toEqual(idsOf(changes))
  await target.close()
  await agent.kill()
})

test("T42 an event just below the cap passes and can be read back; one above is refused before it reaches the agent", async () => {
  const agent = await startFlumeAgent({ dir: tempDir("flume") })
  const target = targetFor(agent)
  const maker = new ChangeMaker()
  const large = maker.next("large", { text: "漢".repeat(2_600_000) })
  const larger = maker.next("larger", { text: "漢".repeat(2_700_000) })
  const small = maker.next("small", { text: "x" })
  const receipts = await target.apply({ binding: "b", changes: [large, larger, small] }, never)
  expect(receipts.map((receipt) => receipt.outcome)).toEqual(["accepted", "failed", "accepted"])
  expect(receipts[1]).toMatchObject({ kind: "invalid", reason: expect.stringContaining("8000000") as string })
  const held = heldOf(await agent.readSink())
  expect(held.map((event) => event.id)).toEqual(["large", "small"])
  expect(held[0]?.after === large.after).toBe(true)
  await target.close()
  await agent.kill()
})

/** Versions counted again after steps were left out. */
function renumbered(changes: readonly Change[]): readonly Change[] {
  const versions = new Map<string, number>()
  return changes.map((change) => {
    const version = (versions.get(change.id) ?? 0) + 1
    versions.set(change.id, version)
    return { ...change, version }
  })
}
