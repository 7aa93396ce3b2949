import { MillraceError } from "@millrace/ports"
import { Command } from "commander"
import { operate } from "../connect/operate.ts"
import { jsonOption, type ServerOptions, withServer } from "../connect/options.ts"
import { oneLine } from "../diff.ts"
import type { Io } from "../io.ts"

interface Checked {
  readonly ok: boolean
  readonly detail: string
}

export function checkCommand(io: Io): Command {
  return withServer(new Command("check"))
    .description('Ask a target whether it answers and would take our changes. Needs a token with role admin for "*".')
    .argument("<target>", "target, as the configuration names it")
    .addOption(jsonOption())
    .action(async (target: string, options: ServerOptions & { readonly json?: true }) => {
      const checked = await operate<Checked>(options, io, "GET", ["targets", target, "check"])
      if (!checked.ok) throw new MillraceError(`${target}: ${oneLine(checked.detail)}`, { kind: "unavailable" })
      io.out(options.json ? `${JSON.stringify(checked)}\n` : `${target}: ${oneLine(checked.detail)}\n`)
    })
}
