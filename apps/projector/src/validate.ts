import { resolve } from "node:path"
import { loadConfig } from "@millrace/config"
import type { Clock } from "@millrace/ports"
import { checkBindings } from "@millrace/projector"
import { platformSchema } from "@millrace/workspace"
import type { ValidateSettings } from "./settings.ts"
import { openOutlets } from "./targets.ts"

/**
 * Checks a configuration as a start would, without connecting to anything: fields, rules across fields, each target's own
 * settings, and whether bindings fit targets and schema. Resolves with one sentence for people.
 *
 * Rejects with kind `usage`, naming the field.
 */
export async function validate(
  settings: ValidateSettings,
  clock: Clock,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  const config = await loadConfig(settings.configFile)
  const dataDir = resolve(settings.dataDir ?? config.dataDir ?? ".millrace")
  const { targets, bindings } = openOutlets(config, dataDir, clock, environment)
  try {
    checkBindings(bindings, targets, platformSchema)
  } finally {
    await Promise.all(targets.map((target) => target.close()))
  }
  return `${settings.configFile} can be used: targets ${targets.length}, bindings ${bindings.length}.`
}
