import { sleep, systemClock } from "@millrace/ports"
import * as Y from "yjs"
import { percentile } from "../../stats.ts"
import { type Metrics, settled, type Stage } from "../stage.ts"
import { WireClient, type WireTarget } from "../wire/wire-client.ts"

export interface JoiningSettings {
  readonly joiners: number
  readonly bytes: number
}

const firstClient = 2_000_000
const authors = 20
const recordBytes = 200
const recordsPerUpdate = 500
/** Of all records, one in so many is deleted afterwards, which leaves holes as edits do. */
const deletedShare = 20
const room = "joining"
const seedDeadlineMs = 120_000

/**
 * A workspace of many records is written, then many clients join at once. A joiner is complete when what it was sent says as
 * much of every author as was written.
 */
export async function joining(stage: Stage, { joiners, bytes }: JoiningSettings): Promise<Metrics> {
  const { updates, clocks } = history(bytes)
  const { writers, others } = stage.server
  let seederClosed: number | undefined
  const seeder = await WireClient.open(writers, room, { closed: (code) => (seederClosed ??= code) })
  const seedAtMs = performance.now()
  for (const update of updates) seeder.sendUpdate(update)
  await seeded(others, clocks, () => seederClosed)
  const seedMs = performance.now() - seedAtMs
  await stage.residentMb()
  await sleep(systemClock, 500)
  const heldMb = await stage.residentMb()

  stage.forgetPeak()
  const cpuBeforeMs = stage.cpuMs
  const startedAtMs = performance.now()
  const timesMs: number[] = []
  const clients = await Promise.all(
    Array.from({ length: joiners }, async () => {
      const known = new Completeness(clocks)
      const client = await WireClient.open(others, room, {
        update: (update) => {
          known.take(update)
          if (known.complete) timesMs.push(performance.now() - startedAtMs)
        },
      })
      return client
    }),
  )
  await settled(
    () => timesMs.length,
    () => timesMs.length >= joiners,
    30_000,
  )
  const metrics = {
    allMs: Math.max(...timesMs),
    p50Ms: percentile(timesMs, 0.5),
    peakMb: stage.peakMb,
    heldMb,
    seedMs,
    cpuMs: stage.cpuMs - cpuBeforeMs,
    incomplete: joiners - timesMs.length,
  }
  await Promise.all([seeder, ...clients].map((client) => client.close()))
  return metrics
}

/** Looks with a new client each time: one that stays would be sent all of it live, and dropped as slow. */
async function seeded(
  target: WireTarget,
  clocks: ReadonlyMap<number, number>,
  closed: () => number | undefined,
): Promise<void> {
  const startedAtMs = performance.now()
  while (performance.now() - startedAtMs < seedDeadlineMs) {
    if (closed() !== undefined) throw new Error(`The server closed the writer's socket with ${closed()}.`)
    const looker = new Completeness(clocks)
    const client = await WireClient.open(target, room, { update: (update) => looker.take(update) })
    await client.close()
    if (looker.complete) return
    await sleep(systemClock, 500)
  }
  throw new Error("The server does not have what was written to it.")
}

/** What one client was sent, against what was written. */
class Completeness {
  readonly #wanted: ReadonlyMap<number, number>
  readonly #seen = new Map<number, number>()
  complete = false

  constructor(wanted: ReadonlyMap<number, number>) {
    this.#wanted = wanted
  }

  take(update: Uint8Array): void {
    if (this.complete) return
    for (const [client, end] of endsOf(update)) this.#seen.set(client, Math.max(end, this.#seen.get(client) ?? 0))
    this.complete = [...this.#wanted].every(([client, end]) => (this.#seen.get(client) ?? 0) >= end)
  }
}

/** Large updates that were read already: every joiner is sent the same bytes, and reading them is not what is measured. */
const readAlready: { readonly bytes: Uint8Array; readonly ends: ReadonlyMap<number, number> }[] = []
const worthKeepingBytes = 65_536
const maxKept = 400

function endsOf(update: Uint8Array): ReadonlyMap<number, number> {
  if (update.length < worthKeepingBytes) return Y.parseUpdateMeta(update).to
  const known = readAlready.find(({ bytes }) => bytes.length === update.length && Buffer.compare(bytes, update) === 0)
  if (known !== undefined) return known.ends
  const ends = Y.parseUpdateMeta(update).to
  if (readAlready.length < maxKept) readAlready.push({ bytes: new Uint8Array(update), ends })
  return ends
}

function history(bytes: number): { updates: readonly Uint8Array[]; clocks: ReadonlyMap<number, number> } {
  const updates: Uint8Array[] = []
  const clocks = new Map<number, number>()
  const batches = Math.max(authors, Math.round(bytes / recordBytes / recordsPerUpdate))
  for (let author = 0; author < authors; author++) {
    const doc = new Y.Doc()
    doc.clientID = firstClient + author
    doc.on("update", (update: Uint8Array) => updates.push(update))
    const records = doc.getArray<string>(`author-${author}`)
    for (let batch = author; batch < batches; batch += authors) {
      records.push(Array.from({ length: recordsPerUpdate }, (_, index) => recordText(author, batch, index)))
    }
    doc.transact(() => {
      const deletions = Math.floor(records.length / deletedShare)
      for (let index = 0; index < deletions; index++) records.delete((index * 7919) % records.length)
    })
    clocks.set(doc.clientID, Y.getState(doc.store, doc.clientID))
  }
  return { updates, clocks }
}

function recordText(author: number, batch: number, index: number): string {
  const text = `["record ${author} ${batch} ${index}",{"name":"a record among many others","comment":"`
  return `${text}${"words of a comment ".repeat(9)}`.slice(0, recordBytes - 3) + '"}]'
}
