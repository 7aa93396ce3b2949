export type {
  BindingConfig,
  BindingInput,
  ConflictPolicy,
  DeletionConfig,
  FieldOwner,
  FieldRuleConfig,
  ScheduleConfig,
} from "./binding-shape.ts"
export { checkConfig } from "./check.ts"
export { defineConfig } from "./define.ts"
export { loadConfig, type LoadedConfig } from "./load.ts"
export { type Environment, readSecret } from "./secret.ts"
export type {
  AuthConfig,
  Config,
  ConfigInput,
  KeyConfig,
  Listen,
  SecretRef,
  TargetConfig,
  TargetLimits,
} from "./shape.ts"
