import type { Clock } from "@millrace/ports"
import {
  abortedError,
  type Applied,
  type Batch,
  type CallOptions,
  type Change,
  type CheckResult,
  closedError,
  type Limits,
  type Observation,
  type PlannedStep,
  type Receipt,
  type Remote,
  type Scope,
  type StateTarget,
} from "@millrace/target"
import { reasonIn, refusal } from "./classify.ts"
import { type Ask, AtlasClient, type AtlasPorts, cut } from "./client.ts"
import type { AtlasConfig } from "./config.ts"
import type { AtlasEntity } from "./entity.ts"
import { adopt, observe, type ObserveContext } from "./observe.ts"
import { OneAtATime } from "./one-at-a-time.ts"
import { Suspects } from "./past.ts"
import { Refused } from "./refused.ts"
import { isLater } from "./revision.ts"
import { planOf } from "./plan.ts"
import { type Step, stepOf } from "./step.ts"
import { ensureTypes, type KnownTypes, readTypes } from "./types.ts"
import { decideAll, lookUp, type Result, type WriteContext, type Written, writeSteps } from "./write.ts"

/**
 * Keeps every record as an entity of Apache Atlas, with its relations, labels, classifications and terms.
 *
 * Atlas detects no conflict and makes two entities of one name when two creations meet, so writes go one at a time: let one
 * projector write to a server. Several versions of one record in a batch become one write.
 */
export class AtlasTarget implements StateTarget {
  readonly shape = "state"
  readonly kind = "atlas"
  readonly createIsIdempotent = true
  readonly name: string
  readonly limits: Limits
  readonly #config: AtlasConfig
  readonly #client: AtlasClient
  readonly #clock: Clock
  readonly #writes = new OneAtATime()
  readonly #suspects = new Suspects()
  #types: KnownTypes | undefined
  #closed = false

  constructor(name: string, config: AtlasConfig, ports: AtlasPorts) {
    this.name = name
    this.limits = { maxBatchChanges: config.maxBatchChanges, maxBatchBytes: 4_000_000, maxCallsAtOnce: 1 }
    this.#config = config
    this.#client = new AtlasClient(config, ports)
    this.#clock = ports.clock
  }

  plan(batch: Batch, { signal }: CallOptions): Promise<readonly PlannedStep[]> {
    return this.#run(signal, async () => {
      const { mapping } = this.#config
      const { latest, all } = this.#stepsOf(batch)
      const ask = { signal }
      // Types that are not there yet have no entities.
      this.#types ??= await readTypes(this.#client, ask)
      const found = await lookUp(this.#client, mapping, latest, ask)
      const { decisions, terms } = await decideAll({ client: this.#client, mapping }, latest, found, ask)
      return all.map(({ change, step }) => planOf(mapping, change, step, decisions.get(step), terms))
    })
  }

  apply(batch: Batch, { signal }: CallOptions): Promise<readonly Receipt[]> {
    return this.#run(signal, () =>
      this.#writes.run(async () => {
        this.#mayCall(signal)
        const { latest, all } = this.#stepsOf(batch)
        const results = await this.#write(latest, { signal })
        const lost = refusal("bug", "The change was lost; please report it")
        return all.map(({ change, step }) => ({ eventId: change.eventId, ...(results.get(step) ?? lost) }))
      }),
    )
  }

  observe(scope: Scope, { signal }: CallOptions): Promise<Observation> {
    return this.#look(scope, signal, observe)
  }

  adopt(scope: Scope, { signal }: CallOptions): Promise<Observation> {
    return this.#look(scope, signal, adopt)
  }

  async check({ signal }: CallOptions): Promise<CheckResult> {
    if (this.#closed) return { ok: false, detail: closedError(this.name).message }
    try {
      const outcome = await this.#client.ask("GET", "admin/session", { signal })
      if (outcome.type !== "answer") return { ok: false, detail: outcome.reason }
      if (outcome.status === 200) return { ok: true, detail: `${outcome.host} is an Atlas that knows us.` }
      return { ok: false, detail: `${outcome.host} answered ${outcome.status}: ${reasonIn(outcome.body)}` }
    } catch {
      return { ok: false, detail: this.#closed ? closedError(this.name).message : "The check was aborted." }
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#client.close()
  }

  async #write(steps: readonly Step[], ask: Ask): Promise<ReadonlyMap<Step, Result>> {
    const runs: Written[] = []
    const results = new Map<Step, Result>()
    const { mapping, entitiesPerRequest } = this.#config
    try {
      if (steps.length > 0) this.#types = await this.#ensuredTypes(ask)
      for (const part of cut(steps, () => 1, entitiesPerRequest)) {
        const context: WriteContext = {
          client: this.#client,
          mapping,
          types: await this.#ensuredTypes(ask),
          readTypes: async (asking) => (this.#types = await readTypes(this.#client, asking)),
          suspects: this.#suspects,
          remoteOf: (entity) => this.#remoteOf(entity),
        }
        const run = await writeSteps(context, part, ask)
        await runs.at(-1)?.finished
        runs.push(run)
        const stopped = [...run.results.values()].find(isStop)
        if (stopped?.outcome === "failed") throw new Refused(stopped)
      }
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      this.#ensured = false
      for (const step of steps) results.set(step, error.refusal)
    }
    await runs.at(-1)?.finished
    for (const run of runs) for (const [step, result] of run.results) results.set(step, result)
    return results
  }

  #ensured = false

  async #ensuredTypes(ask: Ask): Promise<KnownTypes> {
    if (this.#ensured && this.#types !== undefined) return this.#types
    this.#types = await ensureTypes(this.#client, this.#config.mapping, ask)
    this.#ensured = true
    return this.#types
  }

  #look(
    scope: Scope,
    signal: AbortSignal,
    read: (context: ObserveContext, scope: Scope, ask: Ask) => Promise<Observation>,
  ): Promise<Observation> {
    return this.#run(signal, async () => {
      const observedAtMs = this.#clock.nowMs()
      const context = {
        client: this.#client,
        mapping: this.#config.mapping,
        namespace: this.#config.namespace ?? scope.workspace,
        remoteOf: (entity: AtlasEntity) => this.#remoteOf(entity),
      }
      return { ...(await read(context, scope, { signal })), observedAtMs }
    })
  }

  /** The latest change of each record, and for every change the step that stands for it. */
  #stepsOf(batch: Batch): {
    readonly latest: readonly Step[]
    readonly all: readonly { readonly change: Change; readonly step: Step }[]
  } {
    const keyOf = ({ workspace, collection, id }: Change): string => JSON.stringify([workspace, collection, id])
    const last = new Map<string, { change: Change; applied: Applied | undefined }>()
    for (const [at, change] of batch.changes.entries()) {
      const known = last.get(keyOf(change))
      if (known !== undefined && !isLater(change, known.change)) continue
      last.set(keyOf(change), { change, applied: batch.applied?.[at] ?? undefined })
    }
    const steps = new Map(
      [...last].map(([key, { change, applied }]) => {
        const namespace = this.#config.namespace ?? change.workspace
        return [key, stepOf(this.#config.mapping, namespace, change, applied)]
      }),
    )
    const latest = [...steps.values()]
    const all = batch.changes.flatMap((change) => {
      const step = steps.get(keyOf(change))
      return step === undefined ? [] : [{ change, step }]
    })
    return { latest, all }
  }

  #remoteOf(entity: AtlasEntity): Remote {
    const url = new URL(`index.html#!/detailPage/${entity.guid}`, this.#config.urls[0])
    return {
      id: entity.guid,
      revision: String(entity.updateTime),
      author: entity.updatedBy,
      changedAtMs: entity.updateTime,
      url: url.href,
    }
  }

  async #run<T>(signal: AbortSignal, task: () => Promise<T>): Promise<T> {
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

/** Whether the server is away or refuses us, so that sending more is no use. */
function isStop(result: Result | undefined): boolean {
  return result?.outcome === "failed" && ["retry", "rate", "auth", "bug"].includes(result.kind)
}

/** @param name The target's name in the configuration. */
export function createAtlasTarget(name: string, config: AtlasConfig, ports: AtlasPorts): StateTarget {
  return new AtlasTarget(name, config, ports)
}
