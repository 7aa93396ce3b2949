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
import { diffLines, type FieldDiff, oneLine } from "../diff.ts"
import { Found } from "../exit-code.ts"
import type { Io } from "../io.ts"

interface Step {
  readonly action: string
  readonly collection: string
  readonly id: string
  readonly summary: string
  readonly diff?: readonly FieldDiff[]
  readonly text?: string
  readonly problem?: string
}

interface Plan {
  readonly id: string
  readonly mode: "continuous" | "published"
  readonly release: number
  readonly steps: readonly Step[]
}

interface ApplyOptions extends BindingOptions {
  readonly note?: string
  readonly key?: string
}

export function planCommand(io: Io): Command {
  return withServer(new Command("plan"))
    .description(
      "Show what would be sent to a target, field by field, and write nothing. Exit code 2 where there is something.",
    )
    .addOption(workspaceOption())
    .addOption(bindingOption())
    .addOption(jsonOption())
    .action(async (options: BindingOptions) => {
      const plan = await operate<Plan>(options, io, "GET", [
        "workspaces",
        options.workspace,
        "bindings",
        options.binding,
        "plan",
      ])
      io.out(options.json ? `${JSON.stringify(plan)}\n` : forPeople(plan))
      if (plan.steps.some(({ action }) => action !== "none")) throw new Found()
    })
}

export function applyCommand(io: Io): Command {
  return withServer(new Command("apply"))
    .description(
      "Carry out a plan that somebody looked at; refused once anything is different. A published binding gets a release.",
    )
    .argument("<plan>", "the plan's id, as `plan` printed it")
    .addOption(workspaceOption())
    .addOption(bindingOption())
    .option("--note <text>", "what the release is for")
    .addOption(keyOption())
    .addOption(jsonOption())
    .action(async (id: string, options: ApplyOptions) => {
      const { workspace, binding, note } = options
      const body = { plan: id, ...(note === undefined ? {} : { note }) }
      const done = await operate<object>(
        options,
        io,
        "POST",
        ["workspaces", workspace, "bindings", binding, "apply"],
        body,
      )
      io.out(
        options.json ? `${JSON.stringify(done)}\n` : `The plan is being carried out; \`status\` shows how far it is.\n`,
      )
    })
}

function forPeople({ id, mode, release, steps }: Plan): string {
  const due = steps.filter(({ action }) => action !== "none")
  if (due.length === 0) return "Nothing to do: the target has everything.\n"
  const head = mode === "published" ? `${due.length} changes since release ${release}:\n` : `${due.length} changes:\n`
  return `${head}${due.map(stepText).join("")}plan ${id}\n`
}

function stepText({ action, collection, id, summary, diff = [], text, problem }: Step): string {
  const lines = [`${action} ${oneLine(collection)} ${oneLine(id)}: ${oneLine(summary)}`, ...diffLines(diff)]
  if (text !== undefined) lines.push(...text.split("\n").map((line) => `    ${oneLine(line)}`))
  if (problem !== undefined) lines.push(`    cannot be sent: ${oneLine(problem)}`)
  return `${lines.join("\n")}\n`
}
