import { canonicalJson } from "@millrace/model"
import { type Clock, MillraceError } from "@millrace/ports"
import type { ActionResult, Target } from "@millrace/target"
import type { Binding } from "../binding.ts"
import { hashOf } from "../derive/record-hash.ts"
import type { Ledger } from "../journal/ledger.ts"
import { isRepeat } from "./once.ts"
import type { ActRequest } from "./types.ts"

export interface TargetActionsOptions {
  readonly ledger: Ledger
  readonly clock: Clock
  /** Bounds a call. */
  readonly call: (call: (signal: AbortSignal) => Promise<ActionResult>) => Promise<ActionResult>
}

/** Has targets do what people ask for, each key once: it is in the journal before the call, and its result after it. */
export class TargetActions {
  readonly #options: TargetActionsOptions
  readonly #acting = new Map<string, { readonly digest: string; readonly result: Promise<ActionResult> }>()

  constructor(options: TargetActionsOptions) {
    this.#options = options
  }

  async act(request: ActRequest, binding: Binding, target: Target): Promise<ActionResult> {
    const { workspace, collection, id, action, parameters = {}, key } = request
    this.#mustOffer(request, target)
    const digest = hashOf(canonicalJson([workspace, binding.name, collection, id, action, { ...parameters }]))
    const running = this.#acting.get(key)
    if (running?.digest === digest) return running.result
    const isKnown = isRepeat(this.#options.ledger.view, key, digest)
    const result = this.#once(request, binding, target, digest, isKnown).finally(() => this.#acting.delete(key))
    this.#acting.set(key, { digest, result })
    return result
  }

  async #once(
    request: ActRequest,
    binding: Binding,
    target: Target,
    digest: string,
    isKnown: boolean,
  ): Promise<ActionResult> {
    const { workspace, collection, id, action, parameters = {}, by, key } = request
    const { ledger, clock, call } = this.#options
    const known = isKnown ? ledger.view.act(key) : undefined
    if (known?.result !== undefined) return known.result
    const act = { kind: "acted", key, digest, by, attempts: known === undefined ? 0 : known.attempts + 1 } as const
    // In the journal before the call: after a crash the target is told that it may have happened.
    await ledger.commit([{ ...act, timeMs: clock.nowMs() }])
    const { attempts } = act
    const asked = { action, workspace, binding: binding.name, collection, id, asUser: by, parameters, attempts }
    const applied = ledger.view.base(binding.name, workspace, collection, id) ?? null
    const result = await call(async (signal) => {
      const done = await target.act?.({ ...asked, idempotencyKey: key, applied }, { signal })
      return done ?? { outcome: "failed", kind: "bug", reason: `${target.name} offers actions and does none.` }
    })
    // What may pass is not the answer to the key: the same key tries again.
    const isFinal = result.outcome === "done" || !["retry", "rate", "auth"].includes(result.kind)
    if (isFinal) await ledger.commit([{ ...act, result, timeMs: clock.nowMs() }])
    return result
  }

  #mustOffer({ action, collection, parameters = {} }: ActRequest, target: Target): void {
    const offer = target.actions?.find((one) => one.name === action && one.collections.includes(collection))
    if (offer === undefined) {
      throw new MillraceError(`The target ${target.name} does not offer "${action}" for ${collection}.`, {
        kind: "unsupported",
      })
    }
    for (const [name, { required }] of Object.entries(offer.parameters ?? {})) {
      if (required && !Object.hasOwn(parameters, name)) {
        throw new MillraceError(`"${action}" needs the parameter ${name}.`, { kind: "invalid" })
      }
    }
  }
}
