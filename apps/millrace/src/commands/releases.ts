import { Command, InvalidArgumentError } from "commander"
import { operate } from "../connect/operate.ts"
import {
  bindingOption,
  type BindingOptions,
  jsonOption,
  keyOption,
  withServer,
  workspaceOption,
} from "../connect/options.ts"
import type { Io } from "../io.ts"
import { table } from "../table.ts"

interface Release {
  readonly number: number
  readonly by: string
  readonly timeMs: number
  readonly note: string
  readonly rollbackOf?: number
  readonly state: string
  readonly changes: readonly object[]
}

interface RollbackOptions extends BindingOptions {
  readonly note?: string
  readonly key?: string
}

export function releasesCommand(io: Io): Command {
  return withServer(new Command("releases"))
    .description("List the releases of a published binding, the latest first.")
    .addOption(workspaceOption())
    .addOption(bindingOption())
    .addOption(jsonOption())
    .action(async (options: BindingOptions) => {
      const path = ["workspaces", options.workspace, "bindings", options.binding, "releases"]
      const { releases } = await operate<{ readonly releases: readonly Release[] }>(options, io, "GET", path)
      if (options.json) return io.out(`${JSON.stringify({ releases })}\n`)
      if (releases.length === 0) return io.out("Nothing was released yet.\n")
      const head = ["release", "state", "changes", "by", "time", "note"]
      io.out(
        table(
          head,
          releases.map(({ number, state, changes, by, timeMs, note, rollbackOf }) => [
            String(number),
            state,
            String(changes.length),
            by,
            new Date(timeMs).toISOString(),
            rollbackOf === undefined ? note : `back to ${rollbackOf}${note === "" ? "" : `: ${note}`}`,
          ]),
        ),
      )
    })
}

export function rollbackCommand(io: Io): Command {
  return withServer(new Command("rollback"))
    .description("Bring back the content of an earlier release, as a release of its own.")
    .argument("<release>", "number of the release", readNumber)
    .addOption(workspaceOption())
    .addOption(bindingOption())
    .option("--note <text>", "why")
    .addOption(keyOption())
    .addOption(jsonOption())
    .action(async (to: number, options: RollbackOptions) => {
      const { workspace, binding, note } = options
      const body = { to, ...(note === undefined ? {} : { note }) }
      const path = ["workspaces", workspace, "bindings", binding, "rollback"]
      const done = await operate<{ readonly release: number }>(options, io, "POST", path, body)
      io.out(options.json ? `${JSON.stringify(done)}\n` : `Release ${done.release} brings back release ${to}.\n`)
    })
}

function readNumber(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text)
  throw new InvalidArgumentError("Use the number that `releases` shows.")
}
