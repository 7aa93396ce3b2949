import { systemClock } from "@millrace/ports"
import type { Change, Target } from "@millrace/target"
import { atlasConfig, createAtlasTarget } from "@millrace/target-atlas"
import { createFlumeTarget, flumeConfig } from "@millrace/target-flume"
import { ChangeMaker } from "@millrace/target/suite"
import { startAtlasServer, startFlumeAgent, tempDir } from "@millrace/testkit"
import { judged, type Row } from "../row.ts"
import { median } from "../stats.ts"
import { type Recorded, sendRecorded, startRecorder } from "./recorder.ts"

export interface DeliverySettings {
  readonly runs: number
  readonly quick: boolean
  readonly say: (text: string) => void
}

const never = { signal: new AbortController().signal }

/**
 * Delivery to a real Flume agent and a real Atlas beside a bare client that sends the same bytes to the same server, in
 * turns. Ours also reads before and after it writes, as far as the target must.
 */
export async function benchDelivery(settings: DeliverySettings): Promise<readonly Row[]> {
  return [await flumeRow(settings), await atlasRow(settings)]
}

async function flumeRow({ runs, quick, say }: DeliverySettings): Promise<Row> {
  const agent = await startFlumeAgent({ dir: tempDir("bench-flume") })
  const count = quick ? 5000 : 30_000
  const config = (url: string) => flumeConfig({ kind: "flume", url }, "bench")
  const target = createFlumeTarget("bench", config(agent.httpUrl), { clock: systemClock })
  const changes = changesOf(count, "flume")
  const recorder = await startRecorder(agent.httpUrl)
  const recording = createFlumeTarget("bench", config(recorder.url), { clock: systemClock })
  await deliver(recording, changes)
  const row = await inTurns(
    { name: "events delivered to Flume", runs, count, say },
    () => deliver(target, changes),
    () => replay(agent.httpUrl, recorder.requests),
  )
  await Promise.all([target.close(), recording.close(), recorder.close()])
  await agent.kill()
  return row
}

async function atlasRow({ runs, quick, say }: DeliverySettings): Promise<Row> {
  const server = await startAtlasServer({ dir: tempDir("bench-atlas") })
  const count = quick ? 300 : 1000
  const targetAt = (url: string, namespace: string): Target => {
    const auth = { kind: "basic", user: "admin", password: { env: "ADMIN" } }
    const config = atlasConfig({ kind: "atlas", url, auth, namespace }, "bench")
    return createAtlasTarget("bench", config, { clock: systemClock, readSecret: () => "admin" })
  }
  // Names of one length, so that the bytes of two runs are as many.
  const changes = changesOf(count, "atlas")
  const recorder = await startRecorder(server.url)
  const recording = targetAt(recorder.url, "recorded")
  await deliver(recording, changes)
  const writes = recorder.requests.filter(({ method, path }) => method === "POST" && path.endsWith("/entity/bulk"))
  let run = 0
  const nextName = (): string => `run${String((run += 1)).padStart(5, "0")}`
  const row = await inTurns(
    { name: "entities delivered to Atlas", runs, count, say },
    async () => {
      const target = targetAt(server.url, nextName())
      await deliver(target, changes)
      await target.close()
    },
    () =>
      replay(
        server.url,
        writes.map((write) => renamed(write, "recorded", nextName())),
      ),
  )
  await Promise.all([recording.close(), recorder.close()])
  await server.kill()
  return row
}

interface Turns {
  readonly name: string
  readonly runs: number
  readonly count: number
  readonly say: (text: string) => void
}

/** One unmeasured turn of each, then `runs` measured ones, ours and theirs one after the other. */
async function inTurns(
  { name, runs, count, say }: Turns,
  ours: () => Promise<void>,
  theirs: () => Promise<void>,
): Promise<Row> {
  const rates = { ours: [] as number[], theirs: [] as number[] }
  for (let run = 0; run <= runs; run += 1) {
    for (const [who, work] of [["ours", ours] as const, ["theirs", theirs] as const]) {
      const startMs = performance.now()
      await work()
      const rate = (count * 1000) / (performance.now() - startMs)
      if (run > 0) rates[who].push(rate)
      say(`${name}, ${who}, ${run === 0 ? "warm-up" : `run ${run}`}: ${rate.toFixed(0)} a second`)
    }
  }
  const [one, other] = [median(rates.ours), median(rates.theirs)]
  return judged({ name, peer: "bare client, same bytes", unit: "a second", ours: one, theirs: other, goal: ">=0.8" })
}

function changesOf(count: number, prefix: string): readonly Change[] {
  const maker = new ChangeMaker()
  return Array.from({ length: count }, (_, at) =>
    maker.next(`${prefix}.table_${at}`, {
      database: prefix,
      name: `table_${at}`,
      external: at % 2 === 0,
      comment: `What the nightly job number ${at} leaves for the reports of the morning`,
      location: `hdfs://namenode:8020/warehouse/${prefix}/table_${at}`,
      format: "PARQUET",
      owner: "ann@example.org",
    }),
  )
}

async function deliver(target: Target, changes: readonly Change[]): Promise<void> {
  const { maxBatchChanges } = target.limits
  for (let at = 0; at < changes.length; at += maxBatchChanges) {
    const batch = changes.slice(at, at + maxBatchChanges)
    const receipts = await target.apply({ binding: "bench", changes: batch }, never)
    const failed = receipts.find(({ outcome }) => outcome === "failed")
    if (failed?.outcome === "failed") throw new Error(`Not delivered: ${failed.reason}`)
  }
}

async function replay(url: string, requests: readonly Recorded[]): Promise<void> {
  for (const request of requests) {
    const { status, body } = await sendRecorded(url, request)
    if (status !== 200) throw new Error(`The bare client got ${status}: ${body.toString("utf8").slice(0, 500)}`)
  }
}

function renamed(write: Recorded, from: string, to: string): Recorded {
  return { ...write, body: Buffer.from(write.body.toString("utf8").replaceAll(from, to), "utf8") }
}
