import { asMillraceError, type MillraceError } from "@millrace/ports"
import { CommanderError } from "commander"

/** Exit codes: 0 done, 1 failed, 2 changes or drift found, 64 wrong usage. */
export const exitCodes = { done: 0, failed: 1, found: 2, usage: 64 } as const

/** Thrown by a command that has said everything and ends with code 2: there are changes, or drift. */
export class Found extends Error {}

/** The exit code for anything that a command threw. Asking for help or the version is no failure. */
export function exitCodeOf(thrown: unknown): number {
  if (thrown instanceof Found) return exitCodes.found
  if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? exitCodes.done : exitCodes.usage
  return toError(thrown).kind === "usage" ? exitCodes.usage : exitCodes.failed
}

export function toError(thrown: unknown): MillraceError {
  return asMillraceError(thrown, "bug")
}
