import { Command, Option } from "commander"
import { dataOption, jsonOption } from "../connect/options.ts"
import type { Io } from "../io.ts"
import { checkWithProjector } from "../start/check-config.ts"

interface ValidateOptions {
  readonly config: string
  readonly data?: string
  readonly json?: true
}

export function validateCommand(io: Io): Command {
  return new Command("validate")
    .description("Check a configuration, its targets' own settings and its bindings included, and connect to nothing.")
    .addOption(new Option("--config <file>", "configuration file").env("MILLRACE_CONFIG").makeOptionMandatory())
    .addOption(dataOption())
    .addOption(jsonOption())
    .action(async (options: ValidateOptions) => {
      const sentence = await checkWithProjector(options.config, options.data)
      io.out(options.json ? `${JSON.stringify({ valid: true })}\n` : `${sentence}\n`)
    })
}
