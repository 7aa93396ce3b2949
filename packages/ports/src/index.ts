export { type Clock, sleep, systemClock, type Timer } from "./clock.ts"
export {
  asMillraceError,
  type ErrorKind,
  errorKinds,
  type ErrorOptionsOf,
  messageOf,
  MillraceError,
  type Retry,
} from "./error.ts"
export { httpStatusOf } from "./http-status.ts"
export { type Log, type LogFields, silentLog } from "./log.ts"
export { jitteredDelayMs, type Random, randomId, systemRandom } from "./random.ts"
export { type EditRef, noSpans, type Span, type Spans } from "./spans.ts"
