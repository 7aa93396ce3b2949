import { Command } from "commander"
import { actCommand } from "./commands/act.ts"
import { adoptCommand } from "./commands/adopt.ts"
import { checkCommand } from "./commands/check.ts"
import { confirmCommand } from "./commands/confirm.ts"
import { conflictsCommand, resolveCommand } from "./commands/conflicts.ts"
import { driftCommand } from "./commands/drift.ts"
import { definitionsCommand } from "./commands/definitions.ts"
import { exportCommand } from "./commands/export.ts"
import { importCommand } from "./commands/import.ts"
import { parkedCommand } from "./commands/parked.ts"
import { pauseCommand, resumeCommand } from "./commands/pause.ts"
import { applyCommand, planCommand } from "./commands/plan.ts"
import { releasesCommand, rollbackCommand } from "./commands/releases.ts"
import { resyncCommand } from "./commands/resync.ts"
import { startCommand } from "./commands/start.ts"
import { statusCommand } from "./commands/status.ts"
import { tokenCommand } from "./commands/token.ts"
import { validateCommand } from "./commands/validate.ts"
import { exitCodeOf, exitCodes, Found, toError } from "./exit-code.ts"
import type { Io } from "./io.ts"

/** In the order in which a newcomer needs them. */
const commands: readonly ((io: Io) => Command)[] = [
  startCommand,
  importCommand,
  exportCommand,
  definitionsCommand,
  statusCommand,
  tokenCommand,
  validateCommand,
  checkCommand,
  planCommand,
  applyCommand,
  driftCommand,
  releasesCommand,
  rollbackCommand,
  conflictsCommand,
  resolveCommand,
  parkedCommand,
  confirmCommand,
  adoptCommand,
  resyncCommand,
  pauseCommand,
  resumeCommand,
  actCommand,
]

/** The whole command line, in the order in which a newcomer needs it. */
export function buildProgram(io: Io): Command {
  const program = new Command("millrace")
    .description(
      "Replication engine for local-first applications: everything on one machine, and tools to look into it.",
    )
    .version("0.1.0")
    .helpCommand(true)
    .configureOutput({ writeOut: io.out, writeErr: io.err })
    .exitOverride()
  for (const command of commands) {
    program.addCommand(command(io).configureOutput({ writeOut: io.out, writeErr: io.err }).exitOverride())
  }
  return program
}

/** Runs one command line (without the program's own name) and resolves with its exit code; never rejects. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  try {
    const program = buildProgram(io)
    if (args.length === 0) {
      io.err(program.helpInformation())
      return exitCodes.usage
    }
    await program.parseAsync([...args], { from: "user" })
    return exitCodes.done
  } catch (thrown) {
    const code = exitCodeOf(thrown)
    // Commander has printed its own errors already.
    const isSaid = thrown instanceof Found || (thrown instanceof Error && thrown.constructor.name === "CommanderError")
    if (!isSaid) report(thrown, args.includes("--json"), io)
    return code
  }
}

function report(thrown: unknown, json: boolean, io: Io): void {
  const { kind, message, retry } = toError(thrown)
  io.err(json ? `${JSON.stringify({ error: { kind, message, retry } })}\n` : `millrace: ${message}\n`)
}
