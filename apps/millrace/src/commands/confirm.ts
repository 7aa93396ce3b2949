import { Command } from "commander"
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

interface Confirmed {
  readonly confirmed: { readonly toDelete: number; readonly lost: number }
}

export function confirmCommand(io: Io): Command {
  return withServer(new Command("confirm"))
    .description("Let deletions go that were more than the binding's limits allow without asking.")
    .addOption(workspaceOption())
    .addOption(bindingOption())
    .addOption(keyOption())
    .addOption(jsonOption())
    .action(async (options: BindingOptions & { readonly key?: string }) => {
      const path = ["workspaces", options.workspace, "bindings", options.binding, "confirm"]
      const done = await operate<Confirmed>(options, io, "POST", path, {})
      const { toDelete, lost } = done.confirmed
      io.out(
        options.json
          ? `${JSON.stringify(done)}\n`
          : `Confirmed: ${toDelete} deletions at the target, ${lost} records that the target lost.\n`,
      )
    })
}
