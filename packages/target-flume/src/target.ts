import {
  abortedError,
  type Batch,
  type CallOptions,
  type Change,
  type CheckResult,
  closedError,
  type HttpOutcome,
  type Limits,
  type LogTarget,
  type PlannedStep,
  type Receipt,
  type Refusal,
  type Verdict,
} from "@millrace/target"
import type { Clock } from "@millrace/ports"
import { classifyFlume, titleOf, transactionCapacityIn } from "./classify.ts"
import { FlumeClient, type FlumePorts } from "./client.ts"
import type { FlumeConfig } from "./config.ts"
import { cutIntoBatches, type FlumeEvent, flumeEvent } from "./map.ts"

const notSent: Refusal = {
  outcome: "failed",
  kind: "retry",
  reason: "Not sent, because an earlier part of the batch was not taken.",
}

/**
 * Sends every change as one event to a Flume agent's HTTP source.
 *
 * At least once: after an unknown outcome the same bytes are sent again, and readers of the sink drop repeats by
 * `millrace-event-id`. One request of a call is in flight at a time, so events arrive in the order of the changes; callers
 * with changes of one record wait for the call before.
 */
export class FlumeTarget implements LogTarget {
  readonly shape = "log"
  readonly kind = "flume"
  readonly createIsIdempotent = true
  readonly name: string
  readonly limits: Limits
  readonly #config: FlumeConfig
  readonly #client: FlumeClient
  readonly #clock: Clock
  /** The smaller of the configured size and of any transaction capacity that the agent named. */
  #maxEvents: number
  #unavailableInARow = 0
  #closed = false

  constructor(name: string, config: FlumeConfig, ports: FlumePorts) {
    this.name = name
    this.limits = { maxBatchChanges: config.maxBatchChanges, maxBatchBytes: config.maxBatchBytes }
    this.#config = config
    this.#client = new FlumeClient(config, ports)
    this.#clock = ports.clock
    this.#maxEvents = config.maxBatchChanges
  }

  async plan(batch: Batch, { signal }: CallOptions): Promise<readonly PlannedStep[]> {
    this.#mayCall(signal)
    return batch.changes.map((change) => ({
      collection: change.collection,
      id: change.id,
      action: "send",
      summary: `send ${change.op} of ${change.collection} ${JSON.stringify(change.id)} version ${change.version}`,
    }))
  }

  async apply(batch: Batch, { signal }: CallOptions): Promise<readonly Receipt[]> {
    this.#mayCall(signal)
    const verdicts = new Map<Change, Verdict>()
    const waiting = this.#sendable(batch.changes, verdicts)
    while (waiting.length > 0) {
      const next = cutIntoBatches(waiting, this.#maxEvents, this.#config.maxBatchBytes)[0] ?? []
      const outcome = await this.#call(() => this.#client.post(next, signal), signal)
      if (this.#learnsCapacity(outcome, next.length)) continue
      const verdict = await this.#judge(outcome, next, signal)
      for (const event of next) verdicts.set(event.change, verdict)
      waiting.splice(0, next.length)
      if (verdict.outcome === "failed") {
        for (const event of waiting.splice(0)) verdicts.set(event.change, notSent)
      }
    }
    return batch.changes.map((change) => ({ eventId: change.eventId, ...(verdicts.get(change) ?? notSent) }))
  }

  async check({ signal }: CallOptions): Promise<CheckResult> {
    if (this.#closed) return { ok: false, detail: closedError(this.name).message }
    try {
      const outcome = await this.#client.post([], signal)
      if (outcome.type !== "answer") return { ok: false, detail: outcome.reason }
      if (outcome.status === 200) return { ok: true, detail: `${outcome.host} takes events.` }
      return { ok: false, detail: `${outcome.host} answered ${outcome.status}: ${titleOf(outcome.body)}` }
    } catch {
      return { ok: false, detail: this.#closed ? closedError(this.name).message : "The check was aborted." }
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#client.close()
  }

  /** Events to send, in order; what can never be sent, and what must wait behind it, gets its verdict here. */
  #sendable(changes: readonly Change[], verdicts: Map<Change, Verdict>): FlumeEvent[] {
    const heldBack = new Map<string, number>()
    const events: FlumeEvent[] = []
    for (const change of changes) {
      const record = JSON.stringify([change.workspace, change.collection, change.id])
      const behind = heldBack.get(record)
      if (behind !== undefined) {
        const reason = `Waits for version ${behind} of the same record, which cannot be sent.`
        verdicts.set(change, { outcome: "failed", kind: "retry", reason })
        continue
      }
      const event = flumeEvent(change)
      if (event.bytes <= this.#config.maxEventBytes) {
        events.push(event)
        continue
      }
      heldBack.set(record, change.version)
      const reason = `The event has ${event.bytes} bytes, the target takes ${this.#config.maxEventBytes}: make the record smaller, or raise maxEventBytes (never near 64 MB, which breaks Flume's file channel).`
      verdicts.set(change, { outcome: "failed", kind: "invalid", reason })
    }
    return events
  }

  /** Whether the agent said that its transactions hold fewer events than were sent; then smaller batches pass. */
  #learnsCapacity(outcome: HttpOutcome, events: number): boolean {
    if (outcome.type !== "answer") return false
    const capacity = transactionCapacityIn(outcome)
    if (capacity === undefined || capacity >= events) return false
    this.#maxEvents = Math.min(this.#maxEvents, capacity)
    return true
  }

  async #judge(outcome: HttpOutcome, events: readonly FlumeEvent[], signal: AbortSignal): Promise<Verdict> {
    const status = outcome.type === "answer" ? outcome.status : undefined
    if (status !== 503) this.#unavailableInARow = 0
    else if (events.length > 1) this.#unavailableInARow += 1
    const ping = status === 500 ? await this.#call(() => this.#client.post([], signal), signal) : undefined
    return classifyFlume(outcome, {
      events: events.length,
      unavailableInARow: this.#unavailableInARow,
      sourceLives: ping?.type === "answer" && ping.status === 200,
      nowMs: this.#clock.nowMs(),
    })
  }

  async #call(send: () => Promise<HttpOutcome>, signal: AbortSignal): Promise<HttpOutcome> {
    try {
      return await send()
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
export function createFlumeTarget(name: string, config: FlumeConfig, ports: FlumePorts): LogTarget {
  return new FlumeTarget(name, config, ports)
}
