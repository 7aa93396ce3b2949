import { Command, Option } from "commander"
import { operate } from "../connect/operate.ts"
import { jsonOption, keyOption, withServer, workspaceOption, type WorkspaceOptions } from "../connect/options.ts"
import { oneLine, valueText } from "../diff.ts"
import type { Io } from "../io.ts"

interface Conflict {
  readonly id: string
  readonly binding: string
  readonly target: string
  readonly collection: string
  readonly record: string
  readonly field: string
  readonly base: string | null
  readonly ours: string | null
  readonly theirs: string | null
  readonly baseHash: string
}

interface ResolveOptions extends WorkspaceOptions {
  readonly choice: "ours" | "theirs" | "value"
  readonly value?: string
  readonly base?: string
  readonly key?: string
}

export function conflictsCommand(io: Io): Command {
  return withServer(new Command("conflicts"))
    .description("List fields that were changed here and in a target, with what both sides had and have.")
    .addOption(workspaceOption())
    .addOption(jsonOption())
    .action(async (options: WorkspaceOptions) => {
      const conflicts = await listConflicts(options, io)
      io.out(options.json ? `${JSON.stringify({ conflicts })}\n` : forPeople(conflicts))
    })
}

export function resolveCommand(io: Io): Command {
  return withServer(new Command("resolve"))
    .description("Answer a conflict. Refused where one side has changed since it was shown.")
    .argument("<conflict>", "id of the conflict, as `conflicts` shows it")
    .addOption(workspaceOption())
    .addOption(
      new Option("--choice <choice>", "ours: what people typed; theirs: what the target holds; value: another one")
        .choices(["ours", "theirs", "value"])
        .makeOptionMandatory(),
    )
    .option("--value <json>", "with --choice value: the field's value as JSON")
    .option("--base <hash>", "the conflict's baseHash that was looked at (default: the present one)")
    .addOption(keyOption())
    .addOption(jsonOption())
    .action(async (id: string, options: ResolveOptions) => {
      const { choice, value, workspace } = options
      const baseHash = options.base ?? (await listConflicts(options, io)).find((each) => each.id === id)?.baseHash
      const body = { choice, baseHash: baseHash ?? "", ...(value === undefined ? {} : { value }) }
      const path = ["workspaces", workspace, "conflicts", id, "resolve"]
      const done = await operate<object>(options, io, "POST", path, body)
      io.out(options.json ? `${JSON.stringify(done)}\n` : "Answered.\n")
    })
}

async function listConflicts(options: WorkspaceOptions, io: Io): Promise<readonly Conflict[]> {
  const path = ["workspaces", options.workspace, "conflicts"]
  return (await operate<{ readonly conflicts: readonly Conflict[] }>(options, io, "GET", path)).conflicts
}

function forPeople(conflicts: readonly Conflict[]): string {
  if (conflicts.length === 0) return "Nothing waits for an answer.\n"
  return conflicts
    .map(({ id, target, binding, collection, record, field, base, ours, theirs }) =>
      [
        `${id}  ${target}/${binding}: ${oneLine(collection)} ${oneLine(record)}, ${oneLine(field)}`,
        `    before: ${valueText(base)}`,
        `    ours:   ${valueText(ours)}`,
        `    theirs: ${valueText(theirs)}\n`,
      ].join("\n"),
    )
    .join("")
}
