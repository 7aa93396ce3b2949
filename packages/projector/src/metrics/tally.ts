import type { FailureKind } from "@millrace/target"
import type { Binding } from "../binding.ts"
import type { Verdict } from "../deliver/judge.ts"

/** Upper bounds of the buckets of call times, in seconds. */
export const callBoundsSeconds = [0.005, 0.02, 0.1, 0.5, 2, 10, 30] as const

interface Calls {
  count: number
  sumMs: number
  readonly buckets: number[]
}

interface Delivered {
  delivered: number
  redelivered: number
  readonly rejected: Map<FailureKind, number>
}

/** Counts what couriers do. Bounded by bindings, targets and kinds: no record stands in it. */
export class Tally {
  readonly calls: Map<string, Calls> = new Map()
  readonly bindings: Map<string, Delivered> = new Map()

  /** A call of a target ended with receipts. */
  called(target: string, durationMs: number): void {
    let calls = this.calls.get(target)
    if (calls === undefined) {
      this.calls.set(target, (calls = { count: 0, sumMs: 0, buckets: callBoundsSeconds.map(() => 0) }))
    }
    calls.count++
    calls.sumMs += durationMs
    for (const [at, bound] of callBoundsSeconds.entries()) {
      if (durationMs <= bound * 1_000) calls.buckets[at] = (calls.buckets[at] ?? 0) + 1
    }
  }

  judged({ name }: Binding, { accepted, failed }: Verdict, attempts: ReadonlyMap<string, number>): void {
    let delivered = this.bindings.get(name)
    if (delivered === undefined) {
      this.bindings.set(name, (delivered = { delivered: 0, redelivered: 0, rejected: new Map() }))
    }
    delivered.delivered += accepted.length
    for (const count of attempts.values()) if (count > 1) delivered.redelivered++
    for (const { kind } of failed) delivered.rejected.set(kind, (delivered.rejected.get(kind) ?? 0) + 1)
  }
}
