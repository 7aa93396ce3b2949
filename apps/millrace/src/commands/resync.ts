import { Command } from "commander"
import { operate } from "../connect/operate.ts"
import { bindingOption, type BindingOptions, jsonOption, withServer, workspaceOption } from "../connect/options.ts"
import type { Io } from "../io.ts"

export function resyncCommand(io: Io): Command {
  return withServer(new Command("resync"))
    .description("Look at everything in a target now, and carry out what follows.")
    .addOption(workspaceOption())
    .addOption(bindingOption())
    .addOption(jsonOption())
    .action(async (options: BindingOptions) => {
      const path = ["workspaces", options.workspace, "bindings", options.binding, "resync"]
      const done = await operate<object>(options, io, "POST", path, {})
      io.out(options.json ? `${JSON.stringify(done)}\n` : "The target was looked at; `status` shows what follows.\n")
    })
}
