import type { PlainRecord, RecordName, Records } from "@millrace/model"
import { coversKeys } from "../key-ranges.ts"
import type { DirtyRecords } from "./dirty-records.ts"
import type { MirrorProgress } from "./mirror-api.ts"
import { positionIn } from "./mirror-database.ts"
import {
  type Claim,
  claimed,
  continues,
  type MirrorPosition,
  type RebuildCursor,
  rebuildStart,
} from "./mirror-position.ts"
import type { MirrorStores } from "./mirror-stores.ts"
import { MirrorWriter } from "./mirror-writer.ts"
import type { MirroredUpdates, MirrorLimits } from "./mirror-options.ts"

/** What a batch stands for: keys of the update store, and what is known of the log. */
export interface LogClaim extends Claim {
  readonly seq: number
  readonly generation: number
}

export interface MirrorPumpOptions {
  readonly stores: MirrorStores
  readonly limits: MirrorLimits
  readonly records: Records
  readonly updates: MirroredUpdates
  readonly dirty: DirtyRecords
  readonly database: () => Promise<IDBDatabase>
  /** Keys that are stored and whose touches are in `dirty`, in the stores, or in a batch under way. */
  readonly claim: () => LogClaim
  readonly onProgress: (progress: MirrorProgress) => void
}

/** The ids of the collection that a rebuild is at, sorted once. */
interface RebuildIds {
  readonly collection: string
  readonly ids: readonly string[]
}

/**
 * The writing of the stores, one transaction a step.
 *
 * A batch takes its records as they are, waits until that is stored, and is then written with the keys that were stored before it was taken, or with all where nothing
 * changed meanwhile: the position never says more than the rows show, and the rows show nothing that is not stored.
 */
export class MirrorPump {
  readonly #options: MirrorPumpOptions
  #expected: MirrorPosition | undefined
  #position: MirrorPosition | undefined
  #lookDue = true
  #begun = false
  #rebuildIds: RebuildIds | undefined

  constructor(options: MirrorPumpOptions) {
    this.#options = options
  }

  /** Nothing to do until something is noted, stored or told. */
  get isIdle(): boolean {
    return (
      !this.#lookDue && this.#options.dirty.isEmpty && this.#position !== undefined && this.#isClaimed(this.#position)
    )
  }

  /** The noted records are those that differ from what `position` stood for. */
  expect(position: MirrorPosition | undefined): void {
    this.#expected = position
  }

  /** It is this tab's turn. */
  begin(): void {
    this.#begun = false
    this.#lookDue = true
    this.#position = undefined
  }

  /** Other tabs may have stored something. */
  look(): void {
    this.#lookDue = true
  }

  /** The connection is another: the position is to be read again. */
  forget(): void {
    this.#position = undefined
    this.#begun = false
  }

  /** Does what is next; returns the new position, undefined when there was nothing to do. A last step begins no long work. */
  async step(isLast: boolean): Promise<MirrorPosition | undefined> {
    const { updates, dirty } = this.#options
    if (isLast && updates.isBehind) return undefined
    if (this.#lookDue) {
      this.#lookDue = false
      try {
        await updates.readOn()
      } catch (thrown) {
        this.#lookDue = true
        throw thrown
      }
    }
    const database = await this.#options.database()
    const position = this.#position ?? (await positionIn(database))
    if (position === undefined) throw new Error("The mirror's position is gone.")
    this.#position = position
    const writer = this.#writerFor(database)
    if (!this.#begun) {
      if (!continues(position, this.#expected)) dirty.addAll()
      this.#begun = true
    }
    const moved = await this.#next(writer, position, isLast)
    if (moved === undefined) return undefined
    this.#position = moved
    // From now on records are noted against what was just written.
    this.#expected = moved
    return moved
  }

  async #next(writer: MirrorWriter, position: MirrorPosition, isLast: boolean): Promise<MirrorPosition | undefined> {
    const { dirty } = this.#options
    if (dirty.all) return isLast ? undefined : await this.#startRebuild(writer)
    if (dirty.size > 0) return await this.#flush(writer)
    if (position.rebuild !== null) return isLast ? undefined : await this.#rebuild(writer, position.rebuild)
    return this.#isClaimed(position) ? undefined : await this.#moveOn(writer)
  }

  #isClaimed(position: MirrorPosition): boolean {
    const { incarnation, keys } = this.#options.claim()
    return position.incarnation === incarnation && coversKeys(position.reflected, keys)
  }

  async #moveOn(writer: MirrorWriter): Promise<MirrorPosition> {
    const claim = this.#options.claim()
    return await writer.write([], (position) => ({ ...claimed(position, claim), ...logOf(claim) }))
  }

  async #flush(writer: MirrorWriter): Promise<MirrorPosition> {
    const { dirty, limits, stores } = this.#options
    const before = this.#options.claim()
    const names = dirty.take().filter(({ collection }) => stores.stores.some(({ name }) => name === collection))
    try {
      let moved: MirrorPosition | undefined
      for (let at = 0; at === 0 || at < names.length; at += limits.rowsPerBatch) {
        const isRest = at + limits.rowsPerBatch >= names.length
        moved = await this.#writeBatch(writer, names.slice(at, at + limits.rowsPerBatch), isRest ? before : undefined)
      }
      return moved as MirrorPosition
    } catch (thrown) {
      for (const name of names) dirty.add(name)
      throw thrown
    }
  }

  /** `before` is what the batch may claim at least; undefined where more of it is to come. */
  async #writeBatch(
    writer: MirrorWriter,
    names: readonly RecordName[],
    before: LogClaim | undefined,
  ): Promise<MirrorPosition> {
    const { records, updates, dirty } = this.#options
    const rows = names.map(({ collection, id }) => ({ collection, id, record: recordAt(records, collection, id) }))
    await updates.stored()
    const claim = before !== undefined && dirty.isEmpty ? this.#options.claim() : before
    return await writer.write(rows, (position) =>
      claim === undefined ? position : { ...claimed(position, claim), ...logOf(claim) },
    )
  }

  async #startRebuild(writer: MirrorWriter): Promise<MirrorPosition> {
    const { dirty } = this.#options
    const { incarnation, keys, ...log } = this.#options.claim()
    // Nothing stands before the cursor yet: what is claimed now holds for what will.
    dirty.clear()
    this.#rebuildIds = undefined
    try {
      return await writer.write([], (position) => ({
        ...position,
        ...log,
        incarnation,
        reflected: keys,
        rebuild: rebuildStart,
      }))
    } catch (thrown) {
      dirty.addAll()
      throw thrown
    }
  }

  async #rebuild(writer: MirrorWriter, cursor: RebuildCursor): Promise<MirrorPosition> {
    const { records, updates, stores, limits, dirty } = this.#options
    const collection = stores.stores[cursor.store]?.name
    if (collection === undefined) {
      this.#rebuildIds = undefined
      return await writer.finish((position) => ({ ...position, rebuild: null, rebuilds: position.rebuilds + 1 }))
    }
    const ids = this.#idsOf(collection)
    const from = cursor.after === null ? 0 : firstAbove(ids, cursor.after)
    const taken = ids.slice(from, from + limits.rowsPerBatch)
    const upTo = from + limits.rowsPerBatch >= ids.length ? null : (taken.at(-1) ?? null)
    const wanted = new Map<string, PlainRecord>()
    for (const id of taken) {
      const record = recordAt(records, collection, id)
      if (record !== undefined) wanted.set(id, record)
    }
    await updates.stored()
    const isYounger = (id: string): boolean =>
      dirty.has(collection, id) || records.collection(collection).get(id) !== undefined
    const { position, upTo: reached } = await writer.compare(
      { collection, after: cursor.after, upTo, wanted, isYounger },
      (found, end) => ({
        ...found,
        rebuild: end === null ? { store: cursor.store + 1, after: null } : { store: cursor.store, after: end },
      }),
    )
    this.#progress(cursor.store, reached === null ? ids.length : firstAbove(ids, reached))
    return position
  }

  #idsOf(collection: string): readonly string[] {
    if (this.#rebuildIds?.collection !== collection) {
      this.#rebuildIds = { collection, ids: [...this.#options.records.collection(collection).ids()].sort() }
    }
    return this.#rebuildIds.ids
  }

  #progress(store: number, doneHere: number): void {
    const { stores, records, onProgress } = this.#options
    const sizes = stores.stores.map(({ name }) => records.collection(name).size)
    const sum = (some: readonly number[]): number => some.reduce((total, size) => total + size, 0)
    onProgress({ done: sum(sizes.slice(0, store)) + doneHere, total: sum(sizes) })
  }

  #writerFor(database: IDBDatabase): MirrorWriter {
    const { stores, limits } = this.#options
    const { journalEntries, rowsPerBatch } = limits
    return new MirrorWriter({ database, schemaHash: stores.hash, journalEntries, rowsPerRead: 2 * rowsPerBatch })
  }
}

function recordAt(records: Records, collection: string, id: string): PlainRecord | undefined {
  return records.collection(collection).get(id) as PlainRecord | undefined
}

function logOf({ seq, generation }: LogClaim): Pick<LogClaim, "seq" | "generation"> {
  return { seq, generation }
}

/** Number of the first of sorted `ids` that is above `id`. */
function firstAbove(ids: readonly string[], id: string): number {
  let low = 0
  let high = ids.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((ids[middle] as string) <= id) low = middle + 1
    else high = middle
  }
  return low
}
