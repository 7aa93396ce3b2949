export type { Change, Operation } from "./change.ts"
export type { Accepted, Failed, FailureKind, Receipt } from "./receipt.ts"
export type {
  Batch,
  CallOptions,
  CheckResult,
  Limits,
  LogTarget,
  Observation,
  ObservedRecord,
  PlannedStep,
  Scope,
  StateTarget,
  Target,
  TargetBase,
} from "./target.ts"
