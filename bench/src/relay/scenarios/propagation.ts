import * as Y from "yjs"
import { percentile } from "../../stats.ts"
import { type Metrics, paced, settled, type Stage } from "../stage.ts"

export interface PropagationSettings {
  readonly writers: number
  /** Besides the writers, who observe too when they are several. */
  readonly observers: number
  /** Of all writers together. */
  readonly updatesPerSecond: number
  readonly warmUpMs: number
  readonly measuredMs: number
}

/** Above the client ids that are reserved. */
const firstClient = 1_000_000
const keysPerWriter = 100

interface PreparedUpdate {
  readonly bytes: Uint8Array
  readonly writer: number
  /** Client and clock that observers know it by. */
  readonly client: number
  readonly clock: number
}

/**
 * Writers set keys of a map at a steady pace; each update's way to each observer is timed, from the call that sends it to
 * the frame that holds it.
 *
 * A server may merge updates on their way: whatever a frame brings beyond what the observer had counts as delivered.
 */
export async function propagation(stage: Stage, settings: PropagationSettings): Promise<Metrics> {
  const room = "propagation"
  const { writers, observers, updatesPerSecond } = settings
  const warmUps = Math.ceil((settings.warmUpMs * updatesPerSecond) / 1000)
  const total = warmUps + Math.ceil((settings.measuredMs * updatesPerSecond) / 1000)
  const updates = prepare(total, writers)
  const indexOf = new Map(updates.map(({ client, clock }, index) => [`${client}/${clock}`, index]))
  const sentAtMs = new Float64Array(total)
  const latenciesMs: number[] = []
  const ackLatenciesMs: number[] = []
  let delivered = 0

  const observer = (own: number): { update(bytes: Uint8Array): void } => {
    const known = new Map<number, number>()
    return {
      update: (bytes) => {
        const nowMs = performance.now()
        const { from, to } = Y.parseUpdateMeta(bytes)
        for (const [client, end] of to) {
          if (client === own) continue
          for (let clock = Math.max(known.get(client) ?? 0, from.get(client) ?? 0); clock < end; clock++) {
            const index = indexOf.get(`${client}/${clock}`) ?? 0
            delivered += 1
            if (index >= warmUps) latenciesMs.push(nowMs - (sentAtMs[index] ?? Number.NaN))
          }
          known.set(client, Math.max(known.get(client) ?? 0, end))
        }
      },
    }
  }
  const isWriter = (index: number): boolean => index < writers
  const clients = await stage.openMany(
    writers + observers,
    // One writer has its acknowledgements measured; several are clients like all others.
    (index) => (index === 0 && writers === 1 ? stage.server.writers : stage.server.others),
    () => room,
    (index) => (isWriter(index) && writers === 1 ? {} : observer(isWriter(index) ? firstClient + index : -1)),
  )

  let cpuBeforeMs = stage.cpuMs
  let deliveredBefore = 0
  await paced(total, updatesPerSecond, (index) => {
    const update = updates[index]
    if (update === undefined) return
    if (index === warmUps) {
      cpuBeforeMs = stage.cpuMs
      deliveredBefore = delivered
    }
    const atMs = performance.now()
    sentAtMs[index] = atMs
    const acked = (): void => void ackLatenciesMs.push(performance.now() - atMs)
    clients[update.writer]?.sendUpdate(update.bytes, index < warmUps || writers > 1 ? undefined : acked)
  })
  const perUpdate = observers + (writers === 1 ? 0 : writers - 1)
  await settled(
    () => delivered,
    () => delivered >= total * perUpdate,
  )
  const acknowledges = writers === 1 && stage.server.writers.kind !== "plain"
  await settled(
    () => ackLatenciesMs.length,
    () => !acknowledges || ackLatenciesMs.length >= total - warmUps,
  )
  const usedMs = stage.cpuMs - cpuBeforeMs
  await Promise.all(clients.map((client) => client.close()))
  return {
    p50Ms: percentile(latenciesMs, 0.5),
    p99Ms: percentile(latenciesMs, 0.99),
    ackP50Ms: percentile(ackLatenciesMs, 0.5),
    ackP99Ms: percentile(ackLatenciesMs, 0.99),
    undelivered: total * perUpdate - delivered,
    perCpuSecond: ((delivered - deliveredBefore) * 1000) / Math.max(usedMs, 1),
  }
}

function prepare(total: number, writers: number): readonly PreparedUpdate[] {
  const documents = Array.from({ length: writers }, (_, index) => {
    const doc = new Y.Doc()
    doc.clientID = firstClient + index
    return doc
  })
  return Array.from({ length: total }, (_, index) => {
    const writer = index % writers
    const doc = documents[writer] ?? new Y.Doc()
    const clock = Y.getState(doc.store, doc.clientID)
    let bytes = new Uint8Array()
    doc.once("update", (update: Uint8Array) => (bytes = new Uint8Array(update)))
    const step = Math.floor(index / writers)
    doc
      .getMap("bench")
      .set(`writer-${writer}-key-${step % keysPerWriter}`, `value ${step} of some sixty bytes, as fields are`)
    return { bytes, writer, client: doc.clientID, clock }
  })
}
