import * as Y from "yjs"
import { percentile } from "../../stats.ts"
import { type Metrics, paced, settled, type Stage } from "../stage.ts"
import { WireClient } from "../wire/wire-client.ts"

export interface SlowConsumerSettings {
  readonly observers: number
  readonly updates: number
  readonly updateBytes: number
  readonly updatesPerSecond: number
}

/**
 * Large updates of one key, once with observers that read and once with one more that stops reading. What the server holds for
 * the slow one is how much more its memory grew the second time. Then it reads again, or comes back when it was dropped.
 */
export async function slowConsumer(stage: Stage, settings: SlowConsumerSettings): Promise<Metrics> {
  const without = await round(stage, settings, "all-read", 4_000_000, false)
  const withOne = await round(stage, settings, "one-does-not", 5_000_000, true)
  return {
    grownMb: without.grownMb,
    heldMb: withOne.grownMb - without.grownMb,
    p99Ms: withOne.p99Ms,
    caughtUpMs: withOne.caughtUpMs,
    missing: withOne.missing,
  }
}

interface Round {
  readonly grownMb: number
  readonly p99Ms: number
  readonly caughtUpMs: number
  readonly missing: number
}

async function round(
  stage: Stage,
  settings: SlowConsumerSettings,
  room: string,
  clientId: number,
  withSlow: boolean,
): Promise<Round> {
  const { observers, updates: count } = settings
  const { others, writers } = stage.server
  const updates = prepare(settings, clientId)
  const sentAtMs = new Float64Array(count)
  const latenciesMs: number[] = []
  let delivered = 0
  const seenBySlow = new Tail(clientId)
  let slowClosed = false

  const writer = await WireClient.open(writers, room)
  const readers = await stage.openMany(
    observers,
    () => others,
    () => room,
    () => {
      const tail = new Tail(clientId)
      return {
        update: (update) => {
          const nowMs = performance.now()
          const from = tail.end
          for (let clock = from; clock < tail.take(update); clock++)
            latenciesMs.push(nowMs - (sentAtMs[clock] ?? Number.NaN))
          delivered += tail.end - from
        },
      }
    },
  )
  const events = {
    update: (update: Uint8Array) => void seenBySlow.take(update),
    closed: () => void (slowClosed = true),
  }
  const slow = withSlow ? await WireClient.open(others, room, events) : undefined
  slow?.pause()

  const beforeMb = await stage.liveMb()
  await paced(count, settings.updatesPerSecond, (index) => {
    const update = updates[index]
    sentAtMs[index] = performance.now()
    if (update !== undefined) writer.sendUpdate(update)
  })
  await settled(
    () => delivered,
    () => delivered >= count * observers,
  )
  const grownMb = (await stage.liveMb()) - beforeMb

  const resumedAtMs = performance.now()
  let again: WireClient | undefined
  if (slow !== undefined) {
    slow.resume()
    await settled(
      () => seenBySlow.end,
      () => slowClosed || seenBySlow.end >= count,
    )
    if (seenBySlow.end < count) again = await WireClient.open(others, room, events)
    await settled(
      () => seenBySlow.end,
      () => seenBySlow.end >= count,
    )
  }
  const caughtUpMs = performance.now() - resumedAtMs
  const clients = [writer, ...readers, slow, again].filter((client) => client !== undefined)
  await Promise.all(clients.map((client) => client.close()))
  return {
    grownMb,
    p99Ms: percentile(latenciesMs, 0.99),
    caughtUpMs,
    missing: withSlow ? Math.max(0, count - seenBySlow.end) : 0,
  }
}

/** How far the one writer's clock was seen. */
class Tail {
  readonly #client: number
  end = 0

  constructor(client: number) {
    this.#client = client
  }

  take(update: Uint8Array): number {
    this.end = Math.max(this.end, Y.parseUpdateMeta(update).to.get(this.#client) ?? 0)
    return this.end
  }
}

function prepare({ updates, updateBytes }: SlowConsumerSettings, clientId: number): readonly Uint8Array[] {
  const doc = new Y.Doc()
  doc.clientID = clientId
  const found: Uint8Array[] = []
  doc.on("update", (update: Uint8Array) => found.push(update))
  for (let index = 0; index < updates; index++)
    doc.getMap("bench").set("key", `${index} `.repeat(updateBytes / 4).slice(0, updateBytes))
  return found
}
