export { defaultLimits, type Limits } from "./limits.ts"
export { type Relay, type RelayOptions, startRelay } from "./relay.ts"
