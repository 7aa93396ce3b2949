import type { ConfigInput } from "./shape.ts"

/** Types a configuration file: `export default defineConfig({ ... })`. Returns its argument unchanged. */
export function defineConfig(config: ConfigInput): ConfigInput {
  return config
}
