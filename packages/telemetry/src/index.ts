export { editIds, type EditIds } from "./edit-ids.ts"
export { openTelemetry, type Telemetry, type TelemetryOptions } from "./open-telemetry.ts"
