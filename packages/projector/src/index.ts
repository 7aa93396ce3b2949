export {
  type Binding,
  type BindingMode,
  type BindingSpec,
  type DeletePolicy,
  type DeletionLimits,
  checkBindings,
  matchesWorkspace,
  type Shape,
} from "./binding.ts"
export { type CircuitEvent, type CircuitState, circuitTable } from "./deliver/circuit.ts"
export type { FollowerState } from "./derive/workspace-follower.ts"
export type { Caller, CallerRole } from "./http/caller.ts"
export { startWorkerServer, type WorkerServer, type WorkerServerOptions } from "./http/server.ts"
export { defaultLimits, type ProjectorLimits } from "./limits.ts"
export { observedEvery, openProjector, Projector, type ProjectorOptions } from "./projector.ts"
export { type RelayPort, relayAt } from "./relay-port.ts"
export type { Metric } from "./metrics/metrics.ts"
export { Operations } from "./operations/operations.ts"
export type {
  ActRequest,
  AdoptResult,
  Conflict,
  Doer,
  Drift,
  DriftRecord,
  DropRequest,
  ParkedRecord,
  Place,
  Plan,
  PlanStep,
  PublishRequest,
  Release,
  Resolve,
  RetryRequest,
  RollbackRequest,
} from "./operations/types.ts"
export type { BindingReport, Readiness, TargetReport, WorkspaceReport } from "./report.ts"
export type { StatusWatermark } from "./status/status-entries.ts"
export { Cron } from "./schedule/cron.ts"
export type { ScheduleSpec } from "./schedule/schedule.ts"
export { outcomeTable } from "./two-way/situation.ts"
export type { StatusConflict, StatusException } from "./view/exception.ts"
export { View } from "./view/view.ts"
export { partitionOf } from "./worker/partition-of.ts"
export {
  type OpenPartition,
  type PartitionTerms,
  PartitionWorker,
  type PartitionWorkerOptions,
} from "./worker/partition-worker.ts"
