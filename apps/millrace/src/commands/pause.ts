import { MillraceError } from "@millrace/ports"
import { Command } from "commander"
import { operate } from "../connect/operate.ts"
import { jsonOption, keyOption, type ServerOptions, withServer } from "../connect/options.ts"
import type { Io } from "../io.ts"

interface HoldOptions extends ServerOptions {
  readonly target?: string
  readonly binding?: string
  readonly key?: string
  readonly json?: true
}

export function pauseCommand(io: Io): Command {
  return holdCommand(io, "pause", "Send nothing to a target, or of a binding, until `resume`; changes wait meanwhile.")
}

export function resumeCommand(io: Io): Command {
  return holdCommand(io, "resume", "Send again what waited since `pause`.")
}

function holdCommand(io: Io, name: "pause" | "resume", summary: string): Command {
  return withServer(new Command(name))
    .description(`${summary} Needs a token with role admin for "*".`)
    .option("--target <name>", "this target")
    .option("--binding <name>", "this binding")
    .addOption(keyOption())
    .addOption(jsonOption())
    .action(async (options: HoldOptions) => {
      const { target, binding } = options
      if ((target === undefined) === (binding === undefined)) {
        throw new MillraceError("Name either --target or --binding.", { kind: "usage" })
      }
      const path = target === undefined ? ["bindings", binding ?? "", name] : ["targets", target, name]
      const done = await operate<{ readonly paused: readonly string[] }>(options, io, "POST", path, {})
      const paused = done.paused.length === 0 ? "Nothing is paused.\n" : `Paused: ${done.paused.join(", ")}.\n`
      io.out(options.json ? `${JSON.stringify(done)}\n` : paused)
    })
}
