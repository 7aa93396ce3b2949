import {
  abortedError,
  type ActionOffer,
  type ActionRequest,
  type ActionResult,
  type Batch,
  type CallOptions,
  type Change,
  type CheckResult,
  closedError,
  type Limits,
  type Observation,
  type PlannedStep,
  type Receipt,
  type RunReports,
  type Scope,
  type StateTarget,
} from "@millrace/target"
import { WebHdfsClient } from "@millrace/target/webhdfs"
import { act, offers } from "./act.ts"
import { OozieClient, type OoziePorts } from "./client.ts"
import type { OozieConfig } from "./config.ts"
import { checkWorkshop } from "./check.ts"
import { observe } from "./observe.ts"
import { planBatch } from "./plan.ts"
import { publishBatch } from "./publish.ts"
import { report } from "./reports.ts"
import type { Workshop } from "./workshop.ts"

/**
 * Publishes workflows, coordinators and bundles to Oozie: definitions by content hash on HDFS, one running job for each
 * schedule, and what people ask of jobs.
 *
 * One writer a target: calls that change something go one after the other, each looking before it submits.
 */
export class OozieTarget implements StateTarget {
  readonly shape = "state"
  readonly kind = "oozie"
  readonly createIsIdempotent = false
  // A definition and its parts should come together: what a part of them gives is not fit to be sent.
  readonly limits: Limits = { maxBatchChanges: 10_000, maxBatchBytes: 32_000_000, maxCallsAtOnce: 1 }
  readonly actions: readonly ActionOffer[] = offers
  readonly name: string
  readonly #workshop: Workshop
  #last: Promise<unknown> = Promise.resolve()
  #closed = false

  constructor(name: string, config: OozieConfig, ports: OoziePorts) {
    this.name = name
    this.#workshop = {
      config,
      client: new OozieClient(config, ports),
      hdfs: new WebHdfsClient({
        urls: config.webHdfsUrls.map((url) => new URL(url)),
        user: config.user,
        clock: ports.clock,
        timeoutMs: config.timeoutMs,
        maxReadBytes: 64_000_000,
      }),
      clock: ports.clock,
    }
  }

  plan(batch: Batch, { signal }: CallOptions): Promise<readonly PlannedStep[]> {
    return this.#alone(signal, () => planBatch(this.#workshop, batch, signal))
  }

  /** The event's id: a job that it leads to carries it in its configuration. */
  async prepare(batch: Batch, { signal }: CallOptions): Promise<readonly (string | null)[]> {
    this.#mayCall(signal)
    return batch.changes.map(markerOf)
  }

  apply(batch: Batch, { signal }: CallOptions): Promise<readonly Receipt[]> {
    return this.#alone(signal, () => publishBatch(this.#workshop, batch, signal))
  }

  observe(scope: Scope, { signal }: CallOptions): Promise<Observation> {
    return this.#call(signal, () => observe(this.#workshop, scope, signal))
  }

  adopt(scope: Scope, { signal }: CallOptions): Promise<Observation> {
    return this.#call(signal, () => observe(this.#workshop, scope, signal))
  }

  reports(scope: Scope, { signal }: CallOptions): Promise<RunReports> {
    return this.#call(signal, () => report(this.#workshop, scope, signal))
  }

  act(request: ActionRequest, { signal }: CallOptions): Promise<ActionResult> {
    return this.#alone(signal, () => act(this.#workshop, request, signal))
  }

  async check({ signal }: CallOptions): Promise<CheckResult> {
    if (this.#closed) return { ok: false, detail: closedError(this.name).message }
    try {
      return await checkWorkshop(this.#workshop, signal)
    } catch {
      return { ok: false, detail: this.#closed ? closedError(this.name).message : "The check was aborted." }
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    await Promise.all([this.#workshop.client.close(), this.#workshop.hdfs.close()])
    await this.#last.catch(() => undefined)
  }

  /** Calls that write wait for each other: a look-up and the submission after it are one step. */
  async #alone<T>(signal: AbortSignal, task: () => Promise<T>): Promise<T> {
    const before = this.#last.catch(() => undefined)
    const mine = before.then(() => this.#call(signal, task))
    this.#last = mine
    return mine
  }

  async #call<T>(signal: AbortSignal, task: () => Promise<T>): Promise<T> {
    this.#mayCall(signal)
    try {
      return await task()
    } catch (error) {
      this.#mayCall(signal)
      throw error
    }
  }

  #mayCall(signal: AbortSignal): void {
    if (this.#closed) throw closedError(this.name)
    if (signal.aborted) throw abortedError(this.name, signal)
  }
}

/** @param name The target's name in the configuration. */
export function createOozieTarget(name: string, config: OozieConfig, ports: OoziePorts): StateTarget {
  return new OozieTarget(name, config, ports)
}

function markerOf(change: Change): string | null {
  const isSchedule = change.collection === "coordinators" || change.collection === "bundles"
  return isSchedule && change.after !== null ? change.eventId : null
}
