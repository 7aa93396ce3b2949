import { type Clock, messageOf } from "@millrace/ports"
import {
  abortedError,
  type Batch,
  type CallOptions,
  type Change,
  type CheckResult,
  closedError,
  type Limits,
  type LogTarget,
  type PlannedStep,
  type Receipt,
  type Refusal,
} from "@millrace/target"
import { checkFolder } from "../check-folder.ts"
import type { LandingConfig } from "./config.ts"
import { type Depot, DepotError } from "./depot.ts"
import { DiskDepot } from "./disk-depot.ts"
import { Feed } from "./feed.ts"
import { HdfsDepot } from "./hdfs-depot.ts"
import { periodAt } from "./period.ts"

const retryMs = 5_000

type Verdict = Refusal | { readonly outcome: "accepted" }

/**
 * Lands every change as a row of a dated file that others load once its period is complete.
 *
 * A row is durable once accepted. When a period is over its files are closed and flagged, also where nothing came; so
 * whoever waits for a period's flag is never left waiting by a quiet hour.
 */
export class LandingTarget implements LogTarget {
  readonly shape = "log"
  readonly kind = "landing"
  readonly createIsIdempotent = true
  readonly limits: Limits = { maxBatchChanges: 5_000, maxBatchBytes: 8_000_000 }
  readonly name: string
  readonly #config: LandingConfig
  readonly #clock: Clock
  readonly #depot: Depot
  readonly #feeds = new Map<string, Feed>()
  readonly #closing = new AbortController()
  #last: Promise<unknown> = Promise.resolve()
  #timer: { cancel(): void } | undefined
  /** What kept the last closing of a period from being done. */
  #trouble: string | undefined

  constructor(name: string, config: LandingConfig, clock: Clock) {
    this.name = name
    this.#config = config
    this.#clock = clock
    const { place } = config
    this.#depot = place.kind === "disk" ? new DiskDepot(place.dir) : new HdfsDepot(place, clock, config.timeoutMs)
    this.#wake(0)
  }

  async plan(batch: Batch, { signal }: CallOptions): Promise<readonly PlannedStep[]> {
    this.#mayCall(signal)
    return batch.changes.map(({ collection, id, op, version }) => ({
      collection,
      id,
      action: "send",
      summary: `land ${op} of ${collection} ${JSON.stringify(id)} version ${version}`,
    }))
  }

  async apply(batch: Batch, { signal }: CallOptions): Promise<readonly Receipt[]> {
    this.#mayCall(signal)
    const verdicts = new Map<Change, Verdict>()
    await this.#alone(async () => {
      for (const [key, changes] of byFeed(batch.changes)) {
        const verdict = await this.#land(key, changes, signal)
        for (const change of changes) verdicts.set(change, verdict)
      }
    })
    this.#mayCall(signal)
    return batch.changes.map((change) => ({
      eventId: change.eventId,
      ...(verdicts.get(change) ?? refusal("bug", "The change was lost; please report it.")),
    }))
  }

  async check({ signal }: CallOptions): Promise<CheckResult> {
    if (this.#closing.signal.aborted) return { ok: false, detail: closedError(this.name).message }
    const { place } = this.#config
    if (place.kind === "disk") {
      const found = await checkFolder(place.dir)
      if (!found.ok) return found
    } else {
      try {
        await this.#depot.list([], this.#signalFor(signal))
      } catch (error) {
        return { ok: false, detail: messageOf(error) }
      }
    }
    const where = this.#depot.nameOf([])
    if (this.#trouble !== undefined) return { ok: false, detail: `A period could not be closed yet: ${this.#trouble}` }
    return { ok: true, detail: `${where} takes rows.` }
  }

  async close(): Promise<void> {
    this.#closing.abort(closedError(this.name))
    this.#timer?.cancel()
    await this.#last.catch(() => undefined)
    await this.#depot.close()
  }

  async #land(key: string, changes: readonly Change[], signal: AbortSignal): Promise<Verdict> {
    try {
      const columns = this.#columnsFault(changes[0]?.collection ?? "")
      if (columns !== undefined) return refusal("invalid", columns)
      await this.#feedOf(key).land(changes, this.#clock.nowMs(), this.#signalFor(signal))
      return { outcome: "accepted" }
    } catch (error) {
      this.#mayCall(signal)
      return error instanceof DepotError ? error.refusal : refusal("bug", messageOf(error))
    }
  }

  #columnsFault(collection: string): string | undefined {
    const { format } = this.#config
    if (format.kind === "json-lines" || Object.hasOwn(format.columns, collection)) return undefined
    return `There are no columns for ${collection}: name its fields in format.columns, or take it out of the binding.`
  }

  #feedOf(key: string): Feed {
    let feed = this.#feeds.get(key)
    if (feed === undefined) {
      const [workspace, collection] = JSON.parse(key) as [string, string]
      feed = new Feed(this.#depot, this.#config, workspace, collection)
      this.#feeds.set(key, feed)
    }
    return feed
  }

  /** Closes what is over, now and at the end of each period, in the folders of earlier processes as well. */
  #wake(afterMs: number): void {
    this.#timer = this.#clock.after(afterMs, () => {
      void this.#alone(() => this.#closeAll())
        .then(
          () => (this.#trouble = undefined),
          (error: unknown) => (this.#trouble = messageOf(error)),
        )
        .then(() => {
          if (this.#closing.signal.aborted) return
          const nowMs = this.#clock.nowMs()
          const endMs = periodAt(nowMs, this.#config.periodMinutes) + this.#config.periodMinutes * 60_000
          this.#wake(this.#trouble === undefined ? endMs - nowMs : Math.min(retryMs, endMs - nowMs))
        })
    })
  }

  async #closeAll(): Promise<void> {
    const { signal } = this.#closing
    if (signal.aborted) return
    await this.#findFeeds(signal)
    for (const feed of this.#feeds.values()) await feed.close(this.#clock.nowMs(), signal)
  }

  /** Folder names are encoded; those that were not cut to a hash can be read back. */
  async #findFeeds(signal: AbortSignal): Promise<void> {
    for (const workspace of await this.#depot.list([], signal)) {
      if (!workspace.isFolder) continue
      for (const collection of await this.#depot.list([workspace.name], signal)) {
        const names = [decoded(workspace.name), decoded(collection.name)]
        if (collection.isFolder && names.every((name) => name !== undefined)) this.#feedOf(JSON.stringify(names))
      }
    }
  }

  #signalFor(signal: AbortSignal): AbortSignal {
    return AbortSignal.any([signal, this.#closing.signal])
  }

  async #alone<T>(task: () => Promise<T>): Promise<T> {
    const mine = this.#last.catch(() => undefined).then(task)
    this.#last = mine
    return mine
  }

  #mayCall(signal: AbortSignal): void {
    if (this.#closing.signal.aborted) throw closedError(this.name)
    if (signal.aborted) throw abortedError(this.name, signal)
  }
}

/** @param name The target's name in the configuration. */
export function createLandingTarget(name: string, config: LandingConfig, ports: { readonly clock: Clock }): LogTarget {
  return new LandingTarget(name, config, ports.clock)
}

function byFeed(changes: readonly Change[]): ReadonlyMap<string, readonly Change[]> {
  const feeds = new Map<string, Change[]>()
  for (const change of changes) {
    const key = JSON.stringify([change.workspace, change.collection])
    const list = feeds.get(key)
    if (list === undefined) feeds.set(key, [change])
    else list.push(change)
  }
  return feeds
}

function decoded(name: string): string | undefined {
  if (name === "%" || name.includes("~") || name.startsWith(".")) return undefined
  try {
    return decodeURIComponent(name)
  } catch {
    return undefined
  }
}

function refusal(kind: Refusal["kind"], reason: string): Refusal {
  return { outcome: "failed", kind, reason }
}
