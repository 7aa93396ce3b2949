import { type Log, messageOf } from "@millrace/ports"
import { type Binding, comesBack } from "../binding.ts"
import type { TargetLink } from "../deliver/target-link.ts"
import type { RecordName } from "../journal/entry.ts"
import type { View } from "../view/view.ts"
import type { Reconciler } from "./reconciler.ts"

export interface RecheckOptions {
  readonly view: View
  readonly links: ReadonlyMap<string, TargetLink>
  readonly reconciler: Reconciler
  readonly log: Log
}

/**
 * A write-back that lost to somebody who had not seen it may leave the record as it was: no version, and nothing to
 * send, tells of it. So such a record is looked at by itself.
 */
export class Recheck {
  readonly #options: RecheckOptions
  readonly #stop = new AbortController()
  readonly #waiting = new Map<string, Map<string, RecordName>>()

  constructor(options: RecheckOptions) {
    this.#options = options
  }

  /** These records are others now. */
  look(workspace: string, names: readonly RecordName[]): void {
    const { view } = this.#options
    for (const name of names) {
      const [collection, id] = name
      if (view.record(workspace, collection, id)?.contested === undefined) continue
      for (const binding of view.bindingsOf(workspace)) {
        if (!comesBack(binding, collection)) continue
        const lane = view.lane(binding.name, workspace, collection, id)
        const isBusy = (lane?.first ?? 0) !== 0 || lane?.mark !== undefined
        if (!isBusy && view.base(binding.name, workspace, collection, id) !== undefined) {
          void this.#add(binding, workspace, name)
        }
      }
    }
  }

  close(): void {
    this.#stop.abort(new Error("the projector is closing"))
  }

  async #add(binding: Binding, workspace: string, name: RecordName): Promise<void> {
    const key = `${binding.name}/${workspace}`
    const waiting = this.#waiting.get(key)
    if (waiting !== undefined) return void waiting.set(JSON.stringify(name), name)
    const names = new Map([[JSON.stringify(name), name]])
    this.#waiting.set(key, names)
    const { links, reconciler, log } = this.#options
    const link = links.get(binding.target)
    try {
      await link?.permit()
      this.#waiting.delete(key)
      if (link?.target.shape !== "state" || this.#stop.signal.aborted) return
      await reconciler.look(binding, link.target, workspace, [...names.values()], this.#stop.signal)
    } catch (thrown) {
      // The next look at everything finds it.
      log.warn("contested records not looked at", { binding: binding.name, detail: messageOf(thrown) })
    } finally {
      if (this.#waiting.get(key) === names) this.#waiting.delete(key)
    }
  }
}
