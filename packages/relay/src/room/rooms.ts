import { type Clock, type Log, MillraceError, messageOf, type Spans, type Timer } from "@millrace/ports"
import type { WorkspaceRef } from "@millrace/protocol"
import type { Store } from "@millrace/store"
import type { Compactor } from "../compact/compactor.ts"
import type { Limits } from "../limits.ts"
import type { Metrics } from "../metrics/metrics.ts"
import { loadState } from "./load-state.ts"
import { Room } from "./room.ts"
import { refOf, streamOf } from "./stream-name.ts"

export interface RoomsOptions {
  readonly store: Store
  readonly clock: Clock
  readonly log: Log
  readonly limits: Limits
  readonly metrics: Metrics
  readonly spans: Spans
  readonly compactor: Compactor
  /** Whether the process has much to do. */
  isBusy(): boolean
}

interface Slot {
  readonly loading: Promise<Room>
  room: Room | undefined
  holders: number
  idleTimer: Timer | undefined
}

/**
 * The open workspaces of a process, each at most once.
 *
 * A room stays while anybody holds it or something of it waits for the disk. Holding begins before the first await, so a room is never
 * given away and unloaded at the same time.
 */
export class Rooms {
  readonly #options: RoomsOptions
  readonly #slots = new Map<string, Slot>()

  constructor(options: RoomsOptions) {
    this.#options = options
    options.compactor.onCompacted(async (stream) => this.#slots.get(stream)?.room?.renew())
  }

  /**
   * The room, loaded if it must be. Each `acquire` that resolved needs one `release`.
   *
   * A load that fails rejects with kind `storage` for all who wait for it; the next `acquire` tries again.
   */
  async acquire(ref: WorkspaceRef): Promise<Room> {
    const stream = streamOf(ref)
    const slot = this.#slots.get(stream) ?? this.#open(ref, stream)
    slot.holders += 1
    slot.idleTimer?.cancel()
    slot.idleTimer = undefined
    return slot.loading
  }

  release(room: Room): void {
    const stream = streamOf(room.ref)
    const slot = this.#slots.get(stream)
    if (slot?.room !== room) return
    slot.holders -= 1
    if (slot.holders === 0) this.#unloadLater(stream, slot, room)
  }

  /** Workspaces in memory. */
  get count(): number {
    return this.#slots.size
  }

  /** Replicas joined to all of them. */
  get peers(): number {
    let peers = 0
    for (const { room } of this.#slots.values()) peers += room?.size ?? 0
    return peers
  }

  /** Replicas joined to one workspace, in whatever generation; its status document does not count. */
  peersOf(workspace: string): number {
    let peers = 0
    for (const { room } of this.#slots.values()) {
      if (room !== undefined && room.ref.name === workspace && !room.ref.status) peers += room.size
    }
    return peers
  }

  /**
   * Takes the workspace and its status document out of memory: no room of theirs takes in anything more, what they took is durable or
   * refused when it resolves. Their peers wait for the returned function, which ends them with an error.
   */
  async freeze(workspace: string): Promise<(error: MillraceError) => void> {
    const frozen: Room[] = []
    for (const [stream, slot] of this.#slots) {
      if (refOf(stream)?.name !== workspace) continue
      this.#forget(stream, slot)
      const room = slot.room ?? (await slot.loading.catch(() => undefined))
      if (room === undefined) continue
      frozen.push(room)
      await room.freeze()
    }
    return (error) => {
      for (const room of frozen) room.dismiss(error)
    }
  }

  /** Resolves once everything that was taken is durable or refused. */
  async flush(): Promise<void> {
    await Promise.all([...this.#slots.values()].map(async (slot) => slot.room?.flush()))
  }

  #open(ref: WorkspaceRef, stream: string): Slot {
    const slot: Slot = { loading: this.#load(ref, stream), room: undefined, holders: 0, idleTimer: undefined }
    this.#slots.set(stream, slot)
    slot.loading.then(
      (room) => (slot.room = room),
      () => this.#forget(stream, slot),
    )
    return slot
  }

  async #load(ref: WorkspaceRef, stream: string): Promise<Room> {
    const { store, log } = this.#options
    try {
      const onPoisoned = (room: Room): void => {
        const slot = this.#slots.get(stream)
        if (slot?.room === room) this.#forget(stream, slot)
      }
      const onGrown = (room: Room): void => this.#options.compactor.consider(stream, room.tail, false)
      return new Room({ ...this.#options, ref, state: await loadState(store, stream), onGrown, onPoisoned })
    } catch (cause) {
      log.error("load failed", { stream, reason: messageOf(cause) })
      throw new MillraceError(`The relay could not read ${ref.name}; it will be tried again.`, {
        kind: "storage",
        retry: { afterMs: 5000 },
        cause,
      })
    }
  }

  #unloadLater(stream: string, slot: Slot, room: Room): void {
    slot.idleTimer = this.#options.clock.after(this.#options.limits.idleRoomMs, () => {
      if (slot.holders > 0) return
      if (room.idle) {
        this.#forget(stream, slot)
        this.#options.compactor.consider(stream, room.tail, true)
      } else this.#unloadLater(stream, slot, room)
    })
  }

  #forget(stream: string, slot: Slot): void {
    slot.idleTimer?.cancel()
    if (this.#slots.get(stream) === slot) this.#slots.delete(stream)
  }
}
