export { classifyFlume, type FlumeContext } from "./classify.ts"
export type { FlumePorts } from "./client.ts"
export { type FlumeAuth, type FlumeConfig, flumeConfig, type FlumeTls } from "./config.ts"
export { createFlumeTarget } from "./target.ts"
