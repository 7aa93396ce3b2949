import { sleep, systemClock } from "@millrace/ports"
import { cpuMs, forgetPeak, peakMb, residentMb } from "../process-facts.ts"
import type { RunningServer } from "./contestants.ts"
import { WireClient, type WireEvents, type WireTarget } from "./wire/wire-client.ts"

/** Figures of one run of one scenario with one server, by name; the name ends in the unit. */
export type Metrics = Readonly<Record<string, number>>

/** Sockets that are being opened at a time: below every server's queue of unaccepted connections. */
const maxOpening = 100
const endGraceMs = 10_000

/** One started server with the means to load and to observe it. */
export class Stage {
  readonly server: RunningServer
  #collections = 0

  constructor(server: RunningServer) {
    this.server = server
  }

  get cpuMs(): number {
    return cpuMs(this.server.process.pid)
  }

  get peakMb(): number {
    return peakMb(this.server.process.pid)
  }

  forgetPeak(): void {
    forgetPeak(this.server.process.pid)
  }

  /** Memory that the server's process holds after it has collected its garbage, in megabytes. */
  async residentMb(): Promise<number> {
    await this.liveMb()
    return residentMb(this.server.process.pid)
  }

  /**
   * What the server's program can still reach, in megabytes: unlike the process's memory it shrinks when something is let go,
   * but sockets' buffers outside JavaScript are not in it.
   */
  async liveMb(): Promise<number> {
    this.#collections += 1
    const { process } = this.server
    process.signal("SIGUSR2")
    const [, bytes] = await process.line(new RegExp(`^collected ${this.#collections} live (\\d+)$`), 60_000)
    return Number(bytes) / 1_048_576
  }

  /** Opens `count` synchronised clients, some at a time. */
  async openMany(
    count: number,
    targetOf: (index: number) => WireTarget,
    roomOf: (index: number) => string,
    eventsOf: (index: number) => WireEvents = () => ({}),
  ): Promise<readonly WireClient[]> {
    const clients: WireClient[] = []
    let next = 0
    const open = async (): Promise<void> => {
      while (next < count) {
        const index = next++
        clients[index] = await WireClient.open(targetOf(index), roomOf(index), eventsOf(index))
      }
    }
    await Promise.all(Array.from({ length: Math.min(maxOpening, count) }, open))
    return clients
  }
}

/** Does `count` tasks, each at its time: the i-th at `perSecond * i` seconds from now, never before. */
export async function paced(count: number, perSecond: number, task: (index: number) => void): Promise<void> {
  const startedAtMs = performance.now()
  for (let index = 0; index < count;) {
    const due = Math.min(count, 1 + Math.floor(((performance.now() - startedAtMs) * perSecond) / 1000))
    for (; index < due; index++) task(index)
    await sleep(systemClock, 1)
  }
}

/** Waits until `done`, or until nothing has moved `progress` for a while; whether it was done. */
export async function settled(
  progress: () => number,
  done: () => boolean,
  graceMs: number = endGraceMs,
): Promise<boolean> {
  let seen = progress()
  let movedAtMs = performance.now()
  while (!done()) {
    await sleep(systemClock, 2)
    if (progress() !== seen) {
      seen = progress()
      movedAtMs = performance.now()
    } else if (performance.now() - movedAtMs > graceMs) {
      return false
    }
  }
  return true
}
