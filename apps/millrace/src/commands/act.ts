import { MillraceError } from "@millrace/ports"
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
import { oneLine } from "../diff.ts"
import type { Io } from "../io.ts"

interface ActOptions extends BindingOptions {
  readonly set?: Readonly<Record<string, string>>
  readonly key?: string
}

type Acted =
  | { readonly outcome: "done"; readonly detail: string; readonly remoteId?: string }
  | { readonly outcome: "failed"; readonly reason: string }

export function actCommand(io: Io): Command {
  return withServer(new Command("act"))
    .description("Have a target do something with a record: run, suspend, resume, kill, rerun, as the target offers.")
    .argument("<action>", "what to do")
    .argument("<collection>", "the record's collection")
    .argument("<id>", "the record's id")
    .addOption(workspaceOption())
    .addOption(bindingOption())
    .option("--set <name=value...>", "parameters of the action", readParameter)
    .addOption(keyOption())
    .addOption(jsonOption())
    .action(async (action: string, collection: string, id: string, options: ActOptions) => {
      const path = ["workspaces", options.workspace, "bindings", options.binding, "actions"]
      const body = { action, collection, id, ...(options.set === undefined ? {} : { parameters: options.set }) }
      const done = await operate<Acted>(options, io, "POST", path, body)
      if (done.outcome === "failed") throw new MillraceError(oneLine(done.reason), { kind: "invalid" })
      const remote = done.remoteId === undefined ? "" : ` (${oneLine(done.remoteId)})`
      io.out(options.json ? `${JSON.stringify(done)}\n` : `${oneLine(done.detail)}${remote}\n`)
    })
}

function readParameter(text: string, before: Readonly<Record<string, string>> = {}): Record<string, string> {
  const at = text.indexOf("=")
  if (at < 1) throw new InvalidArgumentError("Write it as NAME=VALUE.")
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) }
}
