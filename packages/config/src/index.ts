export { checkConfig } from "./check.ts"
export { defineConfig } from "./define.ts"
export { loadConfig, type LoadedConfig } from "./load.ts"
export { type Environment, readSecret } from "./secret.ts"
export type {
  AuthConfig,
  BindingConfig,
  Config,
  ConfigInput,
  KeyConfig,
  Listen,
  SecretRef,
  TargetConfig,
} from "./shape.ts"
