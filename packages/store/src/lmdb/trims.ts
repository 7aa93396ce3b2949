import { MillraceError } from "@millrace/ports"
import type { HistoryEntry } from "../store.ts"
import { type Driver, inBatch, maxBulkBytes } from "./driver.ts"
import { decodeEntryRow, encodeEntryRow, entryKey, headKey, partKey, streamIdOf } from "./rows.ts"

/** Rows rewritten in one commit. */
const maxRows = 256
const mark = Buffer.from([1])

/**
 * Trimmed entries: each commit drops the payloads of a few, marks their rows and moves the stream's mark on, all or nothing.
 * The mark's row has the seq as its version, so of two processes at work one gives way.
 */
export class Trims {
  readonly #driver: Driver

  constructor(driver: Driver) {
    this.#driver = driver
  }

  trimmed(stream: string): number {
    return this.#driver.guarded(() => this.#driver.tables.trims.getEntry(headKey(stream))?.version ?? 0)
  }

  async trim(stream: string, snapshotSeq: number, uptoSeq: number): Promise<number> {
    if (!Number.isSafeInteger(uptoSeq) || uptoSeq < 0 || uptoSeq > snapshotSeq) {
      throw new MillraceError(`${stream} may be trimmed up to its snapshot's seq ${snapshotSeq}, not to ${uptoSeq}.`, {
        kind: "invalid",
      })
    }
    for (let done = this.trimmed(stream); ; done = this.trimmed(stream)) {
      if (done >= uptoSeq) {
        this.#driver.step("trimmed")
        return done
      }
      this.#driver.step("trim")
      // Another process that was first leaves the mark further on, and the next round begins there.
      await this.#trimSome(stream, done, uptoSeq)
    }
  }

  history(stream: string, afterSeq: number, lastSeq: number): readonly HistoryEntry[] {
    const streamId = streamIdOf(stream)
    return this.#driver.guarded(() => {
      const found: HistoryEntry[] = []
      for (let seq = afterSeq + 1; seq <= lastSeq; seq++) {
        const { generation, author, timeMs, bytes } = this.#row(stream, streamId, seq)
        found.push({ seq, generation, author, timeMs, bytes })
      }
      return found
    })
  }

  #trimSome(stream: string, done: number, uptoSeq: number): Promise<boolean> {
    const { entries, parts, trims } = this.#driver.tables
    const key = headKey(stream)
    const streamId = streamIdOf(stream)
    const rows: { readonly seq: number; readonly row: ReturnType<typeof decodeEntryRow> }[] = []
    let bytes = 0
    this.#driver.guarded(() => {
      for (let seq = done + 1; seq <= uptoSeq && rows.length < maxRows && bytes < maxBulkBytes; seq++) {
        const row = this.#row(stream, streamId, seq)
        rows.push({ seq, row })
        bytes += row.bytes
      }
    })
    const writeAll = (): void => {
      for (const { seq, row } of rows) {
        for (let part = 0; part < row.parts; part++) inBatch(parts.remove(partKey(streamId, seq, part)))
        inBatch(entries.put(entryKey(streamId, seq), encodeEntryRow(row, true)))
      }
      inBatch(trims.put(key, mark, done + rows.length))
    }
    return this.#driver.written(done === 0 ? trims.ifNoExists(key, writeAll) : trims.ifVersion(key, done, writeAll))
  }

  #row(stream: string, streamId: Buffer, seq: number): ReturnType<typeof decodeEntryRow> {
    const bytes = this.#driver.tables.entries.get(entryKey(streamId, seq))
    if (bytes !== undefined) return decodeEntryRow(bytes)
    throw new MillraceError(`The row of entry ${seq} of ${stream} is missing; restore the folder from a copy.`, {
      kind: "corrupt",
    })
  }
}
