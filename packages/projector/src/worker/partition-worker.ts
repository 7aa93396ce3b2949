import { type Clock, type Log, messageOf, MillraceError, type Random, type Timer } from "@millrace/ports"
import type { Lease, Store } from "@millrace/store"
import type { Projector } from "../projector.ts"
import { partitionOf } from "./partition-of.ts"

/** What a projector of one partition is opened with. */
export interface PartitionTerms {
  readonly partition: number
  readonly stream: string
  readonly takes: (workspace: string) => boolean
  readonly mayCallMs: () => number
  /** Goes into the journal first: from then on every append of a former owner is refused. */
  readonly took: { readonly worker: string; readonly token: number }
  readonly onFenced: (error: MillraceError) => void
}

export interface PartitionWorkerOptions {
  readonly store: Store
  /** Names this process among all that share the store; never two at once. */
  readonly worker: string
  readonly partitions: number
  /** Most partitions that this worker takes; left out: all. */
  readonly maxOwned?: number
  readonly leaseMs: number
  /** Longest deadline of a call of anybody: so long a taken over partition sends nothing. */
  readonly callDeadlineMs: number
  readonly open: (terms: PartitionTerms) => Promise<OpenPartition>
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

/** A partition's projector with what was opened for it. */
export interface OpenPartition {
  readonly projector: Projector
  /** Closes it and what was opened for it. */
  close(): Promise<void>
}

interface Owned {
  readonly lease: Lease
  readonly opening: Promise<OpenPartition>
  isLost: boolean
}

// A call must have ended before the lease does, also where clocks and disks are slow.
const marginMs = 500

/**
 * Leases partitions of all workspaces and runs a projector for each that it has.
 *
 * Who has no lease, or whose lease is nearly over, begins no call. Who takes one over first writes into the journal,
 * which ends the former owner's appends, and then sends nothing before the longest call of that owner must be over.
 */
export class PartitionWorker {
  readonly #options: PartitionWorkerOptions
  readonly #owned = new Map<number, Owned>()
  #timer: Timer | undefined
  #turning: Promise<void> | undefined
  #closed = false

  constructor(options: PartitionWorkerOptions) {
    this.#options = options
    this.#turn()
  }

  /** Partitions that this worker has by now, each with its projector once it is open. */
  async projectors(): Promise<ReadonlyMap<number, Projector>> {
    const open = new Map<number, Projector>()
    for (const [partition, { opening, isLost }] of this.#owned) {
      if (!isLost) open.set(partition, (await opening).projector)
    }
    return open
  }

  get partitions(): readonly number[] {
    return [...this.#owned].flatMap(([partition, { isLost }]) => (isLost ? [] : [partition])).sort((a, b) => a - b)
  }

  /** Closes the projectors, then gives the leases back. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true
    this.#timer?.cancel()
    await this.#turning
    await Promise.all([...this.#owned.keys()].map((partition) => this.#end(partition, true)))
  }

  #turn(): void {
    if (this.#closed) return
    this.#turning = this.#look().finally(() => {
      const { clock, leaseMs, random } = this.#options
      this.#timer = this.#closed
        ? undefined
        : clock.after((leaseMs / 4) * (0.75 + random.float() / 2), () => this.#turn())
    })
  }

  async #look(): Promise<void> {
    const { partitions, maxOwned = partitions } = this.#options
    for (const [partition, { lease }] of this.#owned) {
      try {
        await lease.renew()
      } catch (thrown) {
        this.#lose(partition, messageOf(thrown))
      }
    }
    for (let partition = 0; partition < partitions && !this.#closed; partition++) {
      if (this.#owned.size >= maxOwned) return
      if (!this.#owned.has(partition)) await this.#claim(partition)
    }
  }

  async #claim(partition: number): Promise<void> {
    const { store, worker, leaseMs, log } = this.#options
    let lease: Lease
    try {
      lease = await store.acquire(`projector/${partition}`, worker, leaseMs)
    } catch (thrown) {
      if (!(thrown instanceof MillraceError && thrown.kind === "conflict")) {
        log.warn("partition not claimed", { partition, detail: messageOf(thrown) })
      }
      return
    }
    log.info("partition claimed", { partition, token: lease.token })
    const opening = this.#open(partition, lease)
    this.#owned.set(partition, { lease, opening, isLost: false })
    opening.catch((thrown: unknown) => this.#lose(partition, messageOf(thrown)))
  }

  #open(partition: number, lease: Lease): Promise<OpenPartition> {
    const { open, worker, clock, callDeadlineMs, partitions } = this.#options
    // The first lease of all has no former owner.
    const quietUntilMs = lease.token === 1 ? 0 : clock.nowMs() + callDeadlineMs
    return open({
      partition,
      stream: `journal/${partition}`,
      takes: (workspace) => partitionOf(workspace, partitions) === partition,
      mayCallMs: () => {
        const nowMs = clock.nowMs()
        if (nowMs < quietUntilMs || this.#owned.get(partition)?.isLost !== false) return 0
        return lease.expiresAtMs - nowMs - marginMs
      },
      took: { worker, token: lease.token },
      onFenced: (error) => this.#lose(partition, error.message),
    })
  }

  #lose(partition: number, reason: string): void {
    const owned = this.#owned.get(partition)
    if (owned === undefined || owned.isLost) return
    owned.isLost = true
    this.#options.log.warn("partition lost", { partition, reason })
    void this.#end(partition, false)
  }

  async #end(partition: number, isReleased: boolean): Promise<void> {
    const owned = this.#owned.get(partition)
    if (owned === undefined) return
    owned.isLost = true
    const opened = await owned.opening.catch(() => undefined)
    try {
      await opened?.close()
      if (isReleased) await owned.lease.release()
    } catch (thrown) {
      this.#options.log.warn("partition not closed", { partition, detail: messageOf(thrown) })
    } finally {
      if (this.#owned.get(partition) === owned) this.#owned.delete(partition)
    }
  }
}
