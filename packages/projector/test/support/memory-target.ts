import type { Change, CheckResult, LogTarget, Receipt, StateTarget } from "@millrace/target"

export interface Keeper {
  /** Everything that arrived and was kept, repeats included, in order of arrival. */
  readonly kept: Change[]
  readonly calls: number[]
}

export type Apply = (
  changes: readonly Change[],
  keep: (change: Change) => void,
) => readonly Receipt[] | Promise<readonly Receipt[]>

/** Keeps and accepts everything. */
export const acceptAll: Apply = (changes, keep) =>
  changes.map((change) => {
    keep(change)
    return { outcome: "accepted", eventId: change.eventId }
  })

export interface MemoryTargetOptions {
  readonly name?: string
  readonly apply?: Apply
  readonly check?: () => Promise<CheckResult>
  readonly maxBatchChanges?: number
  readonly maxBatchBytes?: number
}

/** A log target in memory that remembers all it kept. */
export function memoryLogTarget(options: MemoryTargetOptions = {}): LogTarget & Keeper {
  return { ...base(options), shape: "log" }
}

/** A state target in memory that remembers all it kept. */
export function memoryStateTarget(options: MemoryTargetOptions = {}): StateTarget & Keeper {
  const observe = (): Promise<never> => Promise.reject(new Error("not used"))
  return { ...base(options), shape: "state", observe, adopt: observe }
}

function base(options: MemoryTargetOptions): Omit<LogTarget, "shape"> & Keeper {
  const kept: Change[] = []
  const calls: number[] = []
  const apply = options.apply ?? acceptAll
  return {
    kept,
    calls,
    name: options.name ?? "sink",
    kind: "memory",
    limits: { maxBatchChanges: options.maxBatchChanges ?? 10, maxBatchBytes: options.maxBatchBytes ?? 100_000 },
    createIsIdempotent: true,
    plan: () => Promise.resolve([]),
    apply: async (batch) => {
      calls.push(batch.changes.length)
      return apply(batch.changes, (change) => void kept.push(change))
    },
    check: options.check ?? (() => Promise.resolve({ ok: true, detail: "in memory" })),
    close: () => Promise.resolve(),
  }
}
