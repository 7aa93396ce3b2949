import type { Clock } from "@millrace/ports"
import type { Change } from "@millrace/target"
import type { DeletionLimits } from "../binding.ts"
import type { CountsRow } from "../view/rows.ts"

type Counts = Pick<CountsRow, "collections" | "confirmedN">

/**
 * Decides which deletions of a binding in a workspace go without asking.
 *
 * Those that wait and those that went lately count together, so that a mass deletion that comes in pieces is seen as
 * one; at most a binding's limit of it goes before it is.
 */
export class DeletionBrake {
  readonly #limits: DeletionLimits
  readonly #clock: Clock
  readonly #sent: { readonly collection: string; readonly timeMs: number }[] = []

  constructor(limits: DeletionLimits, clock: Clock) {
    this.#limits = limits
    this.#clock = clock
  }

  /** For one look at the outbox: whether an item may go. */
  gate(counts: Counts): (item: { readonly collection: string; readonly n: number }) => boolean {
    const open = new Map<string, boolean>()
    return ({ collection, n }) => {
      if (n <= counts.confirmedN) return true
      let isOpen = open.get(collection)
      if (isOpen === undefined) open.set(collection, (isOpen = this.#isOpen(counts, collection)))
      return isOpen
    }
  }

  /** So many wait for a confirmation, at most. */
  held(counts: Counts): number {
    return Object.entries(counts.collections).reduce(
      (sum, [collection, { deleting }]) => sum + (this.#isOpen(counts, collection) ? 0 : deleting),
      0,
    )
  }

  /** These went, so many of them were taken. */
  sent(changes: readonly Change[], accepted: number): void {
    if (accepted === 0) return
    const timeMs = this.#clock.nowMs()
    for (const { op, collection } of changes) if (op === "delete") this.#sent.push({ collection, timeMs })
    const { maxCount } = this.#limits
    // More than the limit is as good as the limit.
    if (this.#sent.length > 2 * maxCount) this.#sent.splice(0, this.#sent.length - 2 * maxCount)
  }

  #isOpen({ collections }: Counts, collection: string): boolean {
    const { free, maxCount, maxShare, windowMs } = this.#limits
    const { living, deleting } = collections[collection] ?? { living: 0, deleting: 0 }
    const since = this.#clock.nowMs() - windowMs
    while ((this.#sent[0]?.timeMs ?? Infinity) <= since) this.#sent.shift()
    const recent = this.#sent.filter((one) => one.collection === collection).length
    const all = deleting + recent
    return all <= free || (all <= maxCount && all / (living + all) <= maxShare)
  }
}
