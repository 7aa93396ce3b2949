import { Command } from "commander"
import { operate } from "../connect/operate.ts"
import { bindingOption, type BindingOptions, jsonOption, withServer, workspaceOption } from "../connect/options.ts"
import { oneLine } from "../diff.ts"
import type { Io } from "../io.ts"

interface Adopted {
  readonly adopted: number
  readonly refused: readonly { readonly collection: string; readonly id: string; readonly reason: string }[]
  readonly complete: boolean
}

interface AdoptOptions extends BindingOptions {
  readonly collection?: readonly string[]
}

export function adoptCommand(io: Io): Command {
  return withServer(new Command("adopt"))
    .description("Take what a live target already has into the workspace, as what both sides agree on.")
    .argument("[ids...]", "these records alone")
    .addOption(workspaceOption())
    .addOption(bindingOption())
    .option("--collection <name...>", "of these collections alone")
    .addOption(jsonOption())
    .action(async (ids: readonly string[], options: AdoptOptions) => {
      const path = ["workspaces", options.workspace, "bindings", options.binding, "adopt"]
      const body = {
        ...(ids.length === 0 ? {} : { ids }),
        ...(options.collection === undefined ? {} : { collections: options.collection }),
      }
      const done = await operate<Adopted>(options, io, "POST", path, body)
      io.out(options.json ? `${JSON.stringify(done)}\n` : forPeople(done))
    })
}

function forPeople({ adopted, refused, complete }: Adopted): string {
  const left = refused.map(({ collection, id, reason }) => `left out: ${oneLine(`${collection} ${id}: ${reason}`)}\n`)
  const partly = complete ? "" : "The target could not be read whole; adopt again to take the rest.\n"
  return `${adopted} records adopted.\n${left.join("")}${partly}`
}
