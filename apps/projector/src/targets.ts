import { dirname, join } from "node:path"
import { type LoadedConfig, readSecret, type TargetConfig } from "@millrace/config"
import { type Clock, MillraceError } from "@millrace/ports"
import type { BindingSpec } from "@millrace/projector"
import type { ReadSecret, Target } from "@millrace/target"
import { atlasConfig, createAtlasTarget } from "@millrace/target-atlas"
import { createFilesTarget, createLandingTarget, filesConfig, landingConfig } from "@millrace/target-files"
import { createFlumeTarget, flumeConfig } from "@millrace/target-flume"
import { createOozieTarget, oozieConfig } from "@millrace/target-oozie"
import { withLimits } from "./with-limits.ts"

interface Making {
  readonly name: string
  readonly config: TargetConfig
  /** Where the setting stands, for messages. */
  readonly path: string
  /** What relative paths are relative to. */
  readonly baseDir: string
  readonly clock: Clock
  readonly readSecret: ReadSecret
}

/** Every kind of target that this program knows. */
const kinds: Readonly<Record<string, (making: Making) => Target>> = {
  atlas: ({ name, config, path, ...ports }) => createAtlasTarget(name, atlasConfig(config, path), ports),
  files: ({ name, config, path, baseDir }) => createFilesTarget(name, filesConfig(config, path, baseDir)),
  flume: ({ name, config, path, ...ports }) => createFlumeTarget(name, flumeConfig(config, path), ports),
  landing: ({ name, config, path, baseDir, clock }) =>
    createLandingTarget(name, landingConfig(config, path, baseDir), { clock }),
  oozie: ({ name, config, path, baseDir, ...ports }) =>
    createOozieTarget(name, oozieConfig(config, path, baseDir), ports),
}

export interface Outlets {
  readonly targets: readonly Target[]
  readonly bindings: readonly BindingSpec[]
}

/**
 * The targets and bindings of the configuration; without one, every dataset and column as a file under `DATA/files`.
 *
 * Throws kind `usage`, naming the field, for a kind that is unknown or settings that a target refuses.
 */
export function openOutlets(
  config: LoadedConfig | undefined,
  dataDir: string,
  clock: Clock,
  environment: Readonly<Record<string, string | undefined>>,
): Outlets {
  if (config === undefined) {
    const target = createFilesTarget("files", { kind: "files", dir: join(dataDir, "files") })
    return { targets: [target], bindings: [{ name: "files", target: "files", collections: ["datasets", "columns"] }] }
  }
  const targets = Object.entries(config.targets).map(([name, target]) => {
    const make = Object.hasOwn(kinds, target.kind) ? kinds[target.kind] : undefined
    if (make === undefined) {
      const known = Object.keys(kinds).join(", ")
      throw new MillraceError(`targets.${name}.kind: there is no kind "${target.kind}", only ${known}.`, {
        kind: "usage",
      })
    }
    const { limits, ...own } = target
    const made = make({
      name,
      config: own,
      path: `targets.${name}`,
      baseDir: dirname(config.file),
      clock,
      readSecret: (source) => readSecret(source, environment),
    })
    return limits === undefined ? made : withLimits(made, limits)
  })
  return { targets, bindings: config.bindings }
}
