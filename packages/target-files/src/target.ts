import {
  abortedError,
  type Batch,
  type CallOptions,
  type Change,
  type CheckResult,
  closedError,
  type Limits,
  type Observation,
  type PlannedStep,
  type Receipt,
  type Refusal,
  type Scope,
  type StateTarget,
} from "@millrace/target"
import { checkFolder } from "./check-folder.ts"
import { classifyFileError, isAbsent } from "./classify.ts"
import { effectOf, readStanding, type Standing, writeChange } from "./client.ts"
import type { FilesConfig } from "./config.ts"
import { Disk } from "./disk.ts"
import { placesOf } from "./layout.ts"
import { isLater } from "./map.ts"
import { observeFolder } from "./observe.ts"
import { inParallel } from "./parallel.ts"

const recordsAtOnce = 8

/** What became of a record, the same for every version of it in the batch. */
type Result = Refusal | { readonly outcome: "accepted"; readonly observed?: string }

/**
 * Keeps every record as a file of its own, the latest version only; durable once accepted.
 *
 * Several versions of one record in a batch become one write. A change older than what stands on disk is accepted
 * without a write: what it wanted was overtaken.
 */
export class FilesTarget implements StateTarget {
  readonly shape = "state"
  readonly kind = "files"
  readonly createIsIdempotent = true
  readonly limits: Limits = { maxBatchChanges: 500, maxBatchBytes: 8_000_000 }
  readonly name: string
  readonly #dir: string
  readonly #disk = new Disk()
  readonly #prepared = new Set<string>()
  readonly #running = new Set<Promise<unknown>>()
  #closed = false

  constructor(name: string, config: FilesConfig) {
    this.name = name
    this.#dir = config.dir
  }

  plan(batch: Batch, { signal }: CallOptions): Promise<readonly PlannedStep[]> {
    return this.#run(signal, async () => {
      const latest = latestOf(batch.changes)
      return inParallel(batch.changes, recordsAtOnce, async (change) => {
        this.#mayCall(signal)
        const places = placesOf(this.#dir, change)
        const { collection, id } = change
        const last = latest.get(keyOf(change)) ?? change
        if (last !== change) {
          return {
            collection,
            id,
            action: "none",
            summary: `version ${change.version} is overtaken by ${last.version}`,
          }
        }
        const standing = await readStanding(this.#disk, places)
        const effect = effectOf(change, standing)
        if (effect === "none" || effect === "stale" || (effect === "delete" && standing.text === undefined)) {
          return { collection, id, action: "none", summary: `${places.file} is as it should be` }
        }
        return { collection, id, action: effect, summary: `${effect} ${places.file}` }
      })
    })
  }

  apply(batch: Batch, { signal }: CallOptions): Promise<readonly Receipt[]> {
    return this.#run(signal, async () => {
      const latest = [...latestOf(batch.changes).values()]
      const failedFolders = await this.#prepareFolders(latest)
      const written = await inParallel(latest, recordsAtOnce, async (change) => {
        this.#mayCall(signal)
        return failedFolders.get(placesOf(this.#dir, change).folder) ?? this.#applyOne(change)
      })
      const unsynced = await this.#syncFolders(latest)
      const results = new Map<string, Result>()
      for (const [at, change] of latest.entries()) {
        const result = written[at]
        const sync = unsynced.get(placesOf(this.#dir, change).folder)
        if (result !== undefined) results.set(keyOf(change), result.outcome === "accepted" ? (sync ?? result) : result)
      }
      return batch.changes.map((change) => ({ eventId: change.eventId, ...resultOf(results, change) }))
    })
  }

  observe(scope: Scope, { signal }: CallOptions): Promise<Observation> {
    return this.#run(signal, () => observeFolder(this.#disk, this.#dir, scope, false, signal))
  }

  adopt(scope: Scope, { signal }: CallOptions): Promise<Observation> {
    return this.#run(signal, () => observeFolder(this.#disk, this.#dir, scope, true, signal))
  }

  async check(_options: CallOptions): Promise<CheckResult> {
    return this.#closed ? { ok: false, detail: closedError(this.name).message } : checkFolder(this.#dir)
  }

  /** Calls in flight stop at their next record; resolves when they have. */
  async close(): Promise<void> {
    this.#closed = true
    await Promise.allSettled(this.#running)
  }

  async #applyOne(change: Change): Promise<Result> {
    const places = placesOf(this.#dir, change)
    try {
      const standing = await readStanding(this.#disk, places)
      const effect = effectOf(change, standing)
      if (effect === "stale") return holding(laterOf(standing))
      if (effect !== "none") await writeChange(this.#disk, places, change, standing)
      return holding(change.after)
    } catch (error) {
      // Somebody removed the folder under us: make it again next time.
      if (isAbsent(error)) this.#prepared.clear()
      return classifyFileError(error, places.file)
    }
  }

  /** Makes the folders of the changes; answers with those that could not be made, by the collection's folder. */
  async #prepareFolders(changes: readonly Change[]): Promise<ReadonlyMap<string, Refusal>> {
    const failed = new Map<string, Refusal>()
    for (const [folder, collection] of this.#foldersOf(changes)) {
      if (this.#prepared.has(folder)) continue
      try {
        await this.#disk.prepareFolder(folder)
        this.#prepared.add(folder)
      } catch (error) {
        failed.set(collection, classifyFileError(error, folder))
      }
    }
    return failed
  }

  /**
   * Makes the names in the folders durable, also where nothing was written now: an earlier call may have been cut
   * between its rename and this.
   */
  async #syncFolders(changes: readonly Change[]): Promise<ReadonlyMap<string, Refusal>> {
    const failed = new Map<string, Refusal>()
    for (const [folder, collection] of this.#foldersOf(changes)) {
      try {
        await this.#disk.syncFolder(folder)
      } catch (error) {
        failed.set(collection, classifyFileError(error, folder))
      }
    }
    return failed
  }

  /** Each folder that the changes concern, and the collection's folder that it belongs to. */
  #foldersOf(changes: readonly Change[]): ReadonlyMap<string, string> {
    const folders = new Map<string, string>()
    for (const change of changes) {
      const { folder, markFolder } = placesOf(this.#dir, change)
      folders.set(folder, folder)
      folders.set(markFolder, folder)
    }
    return folders
  }

  async #run<T>(signal: AbortSignal, task: () => Promise<T>): Promise<T> {
    this.#mayCall(signal)
    const running = task()
    this.#running.add(running)
    try {
      return await running
    } catch (error) {
      this.#mayCall(signal)
      throw error
    } finally {
      this.#running.delete(running)
    }
  }

  #mayCall(signal: AbortSignal): void {
    if (this.#closed) throw closedError(this.name)
    if (signal.aborted) throw abortedError(this.name, signal)
  }
}

/** @param name The target's name in the configuration. */
export function createFilesTarget(name: string, config: FilesConfig): StateTarget {
  return new FilesTarget(name, config)
}

function keyOf(change: Change): string {
  return JSON.stringify([change.workspace, change.collection, change.id])
}

function latestOf(changes: readonly Change[]): ReadonlyMap<string, Change> {
  const latest = new Map<string, Change>()
  for (const change of changes) {
    const known = latest.get(keyOf(change))
    if (known === undefined || isLater(change, known)) latest.set(keyOf(change), change)
  }
  return latest
}

function holding(fields: string | null): Result {
  return fields === null ? { outcome: "accepted" } : { outcome: "accepted", observed: fields }
}

function laterOf({ record, mark }: Standing): string | null {
  if (record === undefined || (mark !== undefined && isLater(mark, record))) return null
  return record.fields
}

function resultOf(results: ReadonlyMap<string, Result>, change: Change): Result {
  return (
    results.get(keyOf(change)) ?? { outcome: "failed", kind: "bug", reason: "The change was lost; please report it." }
  )
}
