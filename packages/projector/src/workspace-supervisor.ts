import type { Schema } from "@millrace/model"
import type { RunReport } from "@millrace/target"
import {
  type Clock,
  jitteredDelayMs,
  type Log,
  type MillraceError,
  type Random,
  type Timer,
  type Spans,
} from "@millrace/ports"
import { WorkspaceFollower } from "./derive/workspace-follower.ts"
import type { RecordName } from "./journal/entry.ts"
import type { Ledger } from "./journal/ledger.ts"
import type { ProjectorLimits } from "./limits.ts"
import type { RelayPort } from "./relay-port.ts"
import { StatusWriter } from "./status/status-writer.ts"
import { DocumentWriter } from "./two-way/document-writer.ts"

export interface SupervisorOptions {
  readonly workspace: string
  readonly relay: RelayPort
  readonly ledger: Ledger
  readonly schema: Schema
  readonly limits: ProjectorLimits
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly spans: Spans
  readonly onAnswers: (answers: ReadonlyMap<string, unknown>) => void
  readonly onReady: () => void
  /** What runs in the targets, by key of the status document. */
  readonly runs: () => ReadonlyMap<string, RunReport>
}

/** One workspace's follower and status document, kept alive: a follower that ended is started again, later and later. */
export class WorkspaceSupervisor {
  readonly workspace: string
  readonly #options: SupervisorOptions
  #follower: WorkspaceFollower
  #status: StatusWriter
  #writer: { readonly follower: WorkspaceFollower; readonly writer: DocumentWriter } | undefined
  #failures = 0
  #timer: Timer | undefined
  #statusTimer: Timer | undefined
  #ending: Promise<void> = Promise.resolve()
  #closed = false

  constructor(options: SupervisorOptions, generation: number) {
    this.#options = options
    this.workspace = options.workspace
    this.#follower = this.#follow(generation)
    this.#status = this.#show()
  }

  get follower(): WorkspaceFollower {
    return this.#follower
  }

  /** Writes onto the document that is followed; undefined before its log is read and while it is not followed. */
  get writer(): DocumentWriter | undefined {
    if (this.#closed || (this.#follower.state !== "following" && this.#follower.state !== "waiting")) return undefined
    const follower = this.#follower
    if (this.#writer?.follower !== follower) {
      const { workspace, relay, ledger, schema, limits, clock, log } = this.#options
      void this.#writer?.writer.close()
      const writer = new DocumentWriter({
        workspace,
        generation: follower.generation,
        relay,
        ledger,
        schema,
        encoded: () => follower.encoded(),
        idleMs: limits.writerIdleMs,
        deadlineMs: limits.callDeadlineMs,
        clock,
        log,
      })
      this.#writer = { follower, writer }
    }
    return this.#writer.writer
  }

  /** The view changed, for these records' exceptions. */
  changed(names: readonly RecordName[]): void {
    this.#status.mark(names)
  }

  /** What the feed says of the workspace: a later generation is followed from its start. */
  heard(generation: number): void {
    if (this.#closed || generation <= this.#follower.generation) return
    this.#timer?.cancel()
    this.#timer = undefined
    this.#replace(generation)
  }

  async close(graceMs: number): Promise<void> {
    this.#closed = true
    this.#timer?.cancel()
    this.#statusTimer?.cancel()
    await this.#ending
    await this.#writer?.writer.close()
    await this.#follower.close()
    await this.#status.close(graceMs)
  }

  #follow(generation: number): WorkspaceFollower {
    const { limits, ...options } = this.#options
    return new WorkspaceFollower({
      ...options,
      generation,
      deriveDelayMs: limits.deriveDelayMs,
      onEnd: (state, error) => this.#ended(state, error),
    })
  }

  #show(): StatusWriter {
    const { limits, ...options } = this.#options
    return new StatusWriter({
      ...options,
      view: options.ledger.view,
      delayMs: limits.statusDelayMs,
      maxExceptions: limits.maxExceptions,
      onRefused: () => this.#showLater(),
    })
  }

  /** A refusal may end with the relay's or the operator's doing; a new document starts by comparing everything. */
  #showLater(): void {
    if (this.#closed) return
    const { clock, random, limits } = this.#options
    const delayMs = jitteredDelayMs(random, this.#failures++, limits.retryBaseMs, limits.retryMaxMs)
    this.#statusTimer = clock.after(delayMs, () => {
      const former = this.#status
      this.#status = this.#show()
      void former.close(0)
    })
  }

  #ended(state: "restored" | "stopped", error: MillraceError): void {
    // A log that was put back needs an operator: reading it again finds the same.
    if (this.#closed || state === "restored") return
    const { clock, random, limits } = this.#options
    const delayMs = jitteredDelayMs(random, this.#failures++, limits.retryBaseMs, limits.retryMaxMs)
    const afterMs = typeof error.retry === "object" ? error.retry.afterMs : 0
    this.#timer = clock.after(Math.max(delayMs, afterMs), () => this.#replace(this.#follower.generation))
  }

  #replace(generation: number): void {
    const former = this.#follower
    this.#ending = this.#ending.then(async () => {
      await former.close()
      if (!this.#closed) this.#follower = this.#follow(generation)
    })
  }
}
