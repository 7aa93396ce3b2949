import type { RecordState, TargetState } from "../api.ts"

/**
 * How well the last touch of a record is known: an own edit that is not durable, another's that may not be, or a seq
 * that it is not above.
 */
export type TouchKind = "waiting" | "unknown" | "known"

/** The binding's exception about the record: none, about a state before the last touch, or not older than it. */
export type ExceptionAge = "none" | "older" | "current"

/** The binding's watermark: not yet at the last touch, or at it. */
export type Reach = "behind" | "passed"

/** `exception` stands for the exception's own kind. */
export type Verdict = "waiting" | "pending" | "accepted" | "exception"

export const touchKinds: readonly TouchKind[] = ["waiting", "unknown", "known"]
export const exceptionAges: readonly ExceptionAge[] = ["none", "older", "current"]
export const reaches: readonly Reach[] = ["behind", "passed"]

/**
 * An exception that stands although the watermark has passed counts as current: seqs of touches are upper bounds, and
 * the projector takes an exception away in the transaction that moves the watermark past its cure.
 */
const table: Readonly<Record<TouchKind, Readonly<Record<ExceptionAge, Readonly<Record<Reach, Verdict>>>>>> = {
  waiting: {
    none: { behind: "waiting", passed: "waiting" },
    older: { behind: "waiting", passed: "waiting" },
    current: { behind: "waiting", passed: "waiting" },
  },
  unknown: {
    none: { behind: "pending", passed: "pending" },
    older: { behind: "pending", passed: "pending" },
    current: { behind: "pending", passed: "pending" },
  },
  known: {
    none: { behind: "pending", passed: "accepted" },
    older: { behind: "pending", passed: "exception" },
    current: { behind: "exception", passed: "exception" },
  },
}

export function verdict(touch: TouchKind, exception: ExceptionAge, reach: Reach): Verdict {
  return table[touch][exception][reach]
}

/** Worst first: what a person should look at comes before what takes care of itself. */
const worstFirst: readonly TargetState["state"][] = ["waiting", "parked", "rejected", "conflict", "pending", "accepted"]

/** A record's state from those of the bindings that take it; without any it is as durable as its touch is known. */
export function recordState(touch: TouchKind, targets: Iterable<TargetState>): RecordState {
  if (touch === "waiting") return "waiting"
  const states = new Set([...targets].map((target) => target.state))
  const worst = worstFirst.find((state) => states.has(state))
  if (worst !== undefined) return worst
  return touch === "known" ? "durable" : "pending"
}
