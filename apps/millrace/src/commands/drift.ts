import { Command } from "commander"
import { operate } from "../connect/operate.ts"
import { bindingOption, type BindingOptions, jsonOption, withServer, workspaceOption } from "../connect/options.ts"
import { diffLines, type FieldDiff, oneLine } from "../diff.ts"
import { Found } from "../exit-code.ts"
import type { Io } from "../io.ts"

interface Drift {
  readonly complete: boolean
  readonly records: readonly {
    readonly collection: string
    readonly id: string
    readonly state: string
    readonly owner: string
    readonly diff: readonly FieldDiff[]
  }[]
  readonly problems: readonly { readonly where: string; readonly reason: string }[]
}

export function driftCommand(io: Io): Command {
  return withServer(new Command("drift"))
    .description("Show how a target differs from what was last applied. Writes nothing. Exit code 2 where it does.")
    .addOption(workspaceOption())
    .addOption(bindingOption())
    .addOption(jsonOption())
    .action(async (options: BindingOptions) => {
      const drift = await operate<Drift>(options, io, "GET", [
        "workspaces",
        options.workspace,
        "bindings",
        options.binding,
        "drift",
      ])
      io.out(options.json ? `${JSON.stringify(drift)}\n` : forPeople(drift))
      if (drift.records.length > 0) throw new Found()
    })
}

function forPeople({ complete, records, problems }: Drift): string {
  const found = records.flatMap(({ state, owner, collection, id, diff }) => [
    `${state} ${oneLine(collection)} ${oneLine(id)}${owner === "foreign" ? " (not ours)" : ""}`,
    ...diffLines(diff),
  ])
  const notRead = problems.map(({ where, reason }) => `not read: ${oneLine(where)}: ${oneLine(reason)}`)
  const partly = complete ? [] : ["The target could not be read whole: nothing counts as lost there."]
  const lines = found.length === 0 ? ["Nothing differs."] : found
  return `${[...lines, ...notRead, ...partly].join("\n")}\n`
}
