import { Command, InvalidArgumentError, Option } from "commander"
import { operate } from "../connect/operate.ts"
import {
  bindingOption,
  type BindingOptions,
  jsonOption,
  keyOption,
  withServer,
  workspaceOption,
  type WorkspaceOptions,
} from "../connect/options.ts"
import type { Io } from "../io.ts"
import { table } from "../table.ts"

interface Parked {
  readonly binding: string
  readonly collection: string
  readonly id: string
  readonly state: string
  readonly version: number
  readonly reason: string
  readonly attempts: number
}

interface RecordOptions extends BindingOptions {
  readonly key?: string
}

export function parkedCommand(io: Io): Command {
  const command = new Command("parked").description(
    "What targets refused and what the brake stopped: list, retry, drop.",
  )
  command.addCommand(listCommand(io), { isDefault: true })
  command.addCommand(retryCommand(io))
  command.addCommand(dropCommand(io))
  for (const each of command.commands) each.configureOutput({ writeOut: io.out, writeErr: io.err }).exitOverride()
  return command.addOption(jsonOption())
}

function listCommand(io: Io): Command {
  return withServer(new Command("list"))
    .description("List them, each with its reason.")
    .addOption(workspaceOption())
    .addOption(new Option("--binding <name>", "of this binding alone"))
    .addOption(jsonOption())
    .action(async (_: unknown, command: Command) => {
      const options = command.optsWithGlobals<WorkspaceOptions & { readonly binding?: string }>()
      const { parked } = await operate<{ readonly parked: readonly Parked[] }>(options, io, "GET", [
        "workspaces",
        options.workspace,
        "parked",
      ])
      const shown = parked.filter(({ binding }) => options.binding === undefined || binding === options.binding)
      if (options.json) return io.out(`${JSON.stringify({ parked: shown })}\n`)
      if (shown.length === 0) return io.out("Nothing is parked.\n")
      const head = ["binding", "state", "collection", "id", "version", "attempts", "reason"]
      io.out(
        table(
          head,
          shown.map((each) => [
            each.binding,
            each.state,
            each.collection,
            each.id,
            String(each.version),
            String(each.attempts),
            each.reason,
          ]),
        ),
      )
    })
}

function retryCommand(io: Io): Command {
  return withServer(new Command("retry"))
    .description("Try again: the records named as COLLECTION/ID, or all of the binding.")
    .argument("[records...]", "COLLECTION/ID")
    .addOption(workspaceOption())
    .addOption(bindingOption())
    .addOption(keyOption())
    .addOption(jsonOption())
    .action(async (names: readonly string[], _: unknown, command: Command) => {
      const options = command.optsWithGlobals<RecordOptions>()
      const records = names.map(readRecord)
      const path = ["workspaces", options.workspace, "bindings", options.binding, "retry"]
      const body = records.length === 0 ? {} : { records }
      const done = await operate<{ readonly retried: number }>(options, io, "POST", path, body)
      io.out(options.json ? `${JSON.stringify(done)}\n` : `${done.retried} are tried again.\n`)
    })
}

function dropCommand(io: Io): Command {
  return withServer(new Command("drop"))
    .description("Give up a version that was refused; a log target is told that it was skipped.")
    .argument("<record>", "COLLECTION/ID", readRecord)
    .argument("<version>", "the version, as `parked list` shows it", readVersion)
    .addOption(workspaceOption())
    .addOption(bindingOption())
    .addOption(keyOption())
    .addOption(jsonOption())
    .action(async (record: ReturnType<typeof readRecord>, version: number, _: unknown, command: Command) => {
      const options = command.optsWithGlobals<RecordOptions>()
      const path = ["workspaces", options.workspace, "bindings", options.binding, "drop"]
      const done = await operate<object>(options, io, "POST", path, { ...record, version })
      io.out(options.json ? `${JSON.stringify(done)}\n` : "Dropped.\n")
    })
}

/** The id may hold slashes, a collection's name may not. */
function readRecord(text: string): { readonly collection: string; readonly id: string } {
  const slash = text.indexOf("/")
  if (slash > 0 && slash < text.length - 1) return { collection: text.slice(0, slash), id: text.slice(slash + 1) }
  throw new InvalidArgumentError("Name the record as COLLECTION/ID.")
}

function readVersion(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text)
  throw new InvalidArgumentError("Use the version that `parked list` shows.")
}
