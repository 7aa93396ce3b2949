export type { ActionDone, ActionOffer, ActionRequest, ActionResult } from "./action.ts"
export type { Applied, AppliedLookup, AppliedRecord, Owner, Remote } from "./applied.ts"
export type { Change, Operation } from "./change.ts"
export { type Acceptance, accepted, type Classify, type Refusal, type Verdict } from "./classify.ts"
export { abortedError, closedError } from "./closed.ts"
export { eventBody, eventHeaders, type EventIdParts, eventIdOf, eventTime } from "./event.ts"
export {
  type Authenticator,
  basicAuthenticator,
  bearerAuthenticator,
  noAuthenticator,
  type Secret,
} from "./http/authenticator.ts"
export { HttpClient, type HttpClientOptions, type HttpRequest } from "./http/client.ts"
export type { HttpAnswer, HttpOutcome, NoAnswer } from "./http/outcome.ts"
export type { Query } from "./http/request-path.ts"
export { authOf, type HttpAuth, type HttpTls, tlsOf, urlsOf } from "./http/settings.ts"
export { maxRetryAfterMs, retryAfterMs } from "./http/retry-after.ts"
export type { TlsSettings } from "./http/tls.ts"
export type { Intent } from "./intent.ts"
export { changeBytes } from "./limits.ts"
export type { Observation, ObservationProblem, ObservedRecord, RecordId, Scope } from "./observation.ts"
export {
  type ConflictPolicy,
  type FieldOwner,
  fieldRule,
  type FieldRule,
  isTwoWay,
  type Ownership,
} from "./ownership.ts"
export { type FieldDiff, fieldDiff, fieldTexts, type PlannedStep } from "./plan.ts"
export type { Accepted, Failed, FailureKind, Receipt } from "./receipt.ts"
export { maxRunParts, type RunPart, type RunReport, type RunReports, type RunSla, type RunState } from "./run-report.ts"
export { type ReadSecret, type SecretSource, secretSource } from "./secret-source.ts"
export { onlyKnown, settingsObject, settingText, settingWhole, wrongSetting } from "./settings.ts"
export { sortedJson } from "./sorted-json.ts"
export type { Batch, CallOptions, CheckResult, Limits, LogTarget, StateTarget, Target, TargetBase } from "./target.ts"
