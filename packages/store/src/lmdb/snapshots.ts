import { randomBytes } from "node:crypto"
import { setImmediate as nextTurn } from "node:timers/promises"
import { crc32 } from "node:zlib"
import { MillraceError } from "@millrace/ports"
import type { Snapshot } from "../store.ts"
import { asBuffer, type Driver, inBatch, maxBulkBytes } from "./driver.ts"
import { headKey, streamIdOf } from "./rows.ts"
import {
  attemptOf,
  decodeSnapshotRow,
  encodeSnapshotRow,
  nonceBytes,
  type SnapshotAttempt,
  snapshotPartKey,
  type SnapshotRow,
} from "./snapshot-rows.ts"

/** The row in force, with its number: 1 for a stream's first snapshot, then one more each. */
interface Current extends SnapshotRow {
  readonly number: number
}

const readTurnBytes = 1_048_576
/** Parts removed in one commit. */
const sweepParts = 64

/**
 * Snapshots of streams: parts first, in commits of their own, then one row that makes them the snapshot, then the former
 * parts go. Whatever is left of a call that did not get to its row is removed by the next that does.
 */
export class Snapshots {
  readonly #driver: Driver

  constructor(driver: Driver) {
    this.#driver = driver
  }

  /** Seq of the snapshot; 0 where there is none. */
  seq(stream: string): number {
    return this.#current(headKey(stream))?.seq ?? 0
  }

  async write(stream: string, head: number, seq: number, payload: Uint8Array): Promise<void> {
    const key = headKey(stream)
    const streamId = streamIdOf(stream)
    const former = this.#current(key)
    if (!Number.isSafeInteger(seq) || seq < 1 || seq > head) {
      throw new MillraceError(`A snapshot of ${stream} stands for a seq from 1 to ${head}, not ${seq}.`, {
        kind: "invalid",
      })
    }
    if (former !== undefined && former.seq > seq) throw overtaken(stream, `there is one at ${former.seq}`)
    const attempt: SnapshotAttempt = { replaces: former?.number ?? 0, nonce: randomBytes(nonceBytes) }
    const row = await this.#writeParts(streamId, attempt, seq, payload)
    this.#driver.step("snapshot-check")
    if ((await this.#readParts(streamId, row)) === undefined) throw damaged(stream)
    this.#driver.step("snapshot-switch")
    if (!(await this.#switch(key, row, former?.number))) throw overtaken(stream, "another call was first")
    this.#driver.step("snapshot-sweep")
    await this.#sweep(streamId, attempt)
    this.#driver.step("snapshotted")
  }

  async read(stream: string): Promise<Snapshot | undefined> {
    const key = headKey(stream)
    const streamId = streamIdOf(stream)
    for (;;) {
      const row = this.#current(key)
      if (row === undefined) return undefined
      const payload = await this.#readParts(streamId, row)
      if (payload !== undefined) return { seq: row.seq, payload }
      // The parts may have been removed by whoever made a later one.
      if (this.#current(key)?.number === row.number) throw damaged(stream)
    }
  }

  async #writeParts(
    streamId: Buffer,
    attempt: SnapshotAttempt,
    seq: number,
    payload: Uint8Array,
  ): Promise<SnapshotRow> {
    const { tables, partBytes } = this.#driver
    const count = Math.ceil(payload.length / partBytes)
    const perCommit = Math.max(1, Math.floor(maxBulkBytes / partBytes))
    let checksum = 0
    for (let from = 0; from < count; from += perCommit) {
      this.#driver.step("snapshot-part")
      const puts: Promise<boolean>[] = []
      for (let part = from; part < Math.min(count, from + perCommit); part++) {
        const piece = asBuffer(payload.subarray(part * partBytes, (part + 1) * partBytes))
        checksum = crc32(piece, checksum)
        puts.push(this.#driver.written(tables.snapshotParts.put(snapshotPartKey(streamId, attempt, part), piece)))
      }
      await allOf(puts)
    }
    return { ...attempt, seq, bytes: payload.length, parts: count, checksum }
  }

  async #switch(key: Buffer, row: SnapshotRow, formerNumber: number | undefined): Promise<boolean> {
    const { snapshots } = this.#driver.tables
    const put = (): void => inBatch(snapshots.put(key, encodeSnapshotRow(row), row.replaces + 1))
    return this.#driver.written(
      formerNumber === undefined ? snapshots.ifNoExists(key, put) : snapshots.ifVersion(key, formerNumber, put),
    )
  }

  /** Removes the parts of every attempt at the same row or an earlier one, except those of the one that made it. */
  async #sweep(streamId: Buffer, kept: SnapshotAttempt): Promise<void> {
    const { snapshotParts } = this.#driver.tables
    const end = snapshotPartKey(streamId, { replaces: kept.replaces + 1, nonce: Buffer.alloc(nonceBytes) }, 0)
    let start = snapshotPartKey(streamId, { replaces: 0, nonce: Buffer.alloc(nonceBytes) }, 0)
    for (;;) {
      const keys = this.#driver.guarded(() => [...snapshotParts.getKeys({ start, end, limit: sweepParts })])
      const last = keys.at(-1)
      if (last === undefined) return
      const removed = keys.filter((key) => !attemptOf(key).nonce.equals(kept.nonce))
      await allOf(removed.map((key) => this.#driver.written(snapshotParts.remove(key))))
      if (removed.length > 0) this.#driver.step("snapshot-sweep")
      start = Buffer.concat([last, Buffer.from([0])])
    }
  }

  /** All bytes in turns of the event loop; undefined where a part is missing or they are not what was stored. */
  async #readParts(streamId: Buffer, row: SnapshotRow): Promise<Uint8Array | undefined> {
    const { tables } = this.#driver
    const payload = Buffer.allocUnsafe(row.bytes)
    let at = 0
    let turnBytes = 0
    let checksum = 0
    for (let part = 0; part < row.parts; part++) {
      const piece = this.#driver.guarded(() => tables.snapshotParts.get(snapshotPartKey(streamId, row, part)))
      if (piece === undefined || at + piece.length > row.bytes) return undefined
      piece.copy(payload, at)
      checksum = crc32(piece, checksum)
      at += piece.length
      turnBytes += piece.length
      if (turnBytes < readTurnBytes) continue
      turnBytes = 0
      await nextTurn()
    }
    return at === row.bytes && checksum === row.checksum ? payload : undefined
  }

  #current(key: Buffer): Current | undefined {
    return this.#driver.guarded(() => {
      const found = this.#driver.tables.snapshots.getEntry(key)
      return found === undefined ? undefined : { ...decodeSnapshotRow(found.value), number: found.version ?? 0 }
    })
  }
}

async function allOf(writes: readonly Promise<boolean>[]): Promise<void> {
  // All must have ended before the first failure is told: what still runs would be nobody's.
  const failed = (await Promise.allSettled(writes)).find((outcome) => outcome.status === "rejected")
  if (failed?.status === "rejected") throw failed.reason
}

function overtaken(stream: string, why: string): MillraceError {
  return new MillraceError(`The snapshot of ${stream} was not stored: ${why}.`, { kind: "conflict" })
}

function damaged(stream: string): MillraceError {
  return new MillraceError(`The snapshot of ${stream} is damaged; restore the folder from a copy.`, { kind: "corrupt" })
}
