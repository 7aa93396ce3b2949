import { readFile } from "node:fs/promises"
import { messageOf, MillraceError } from "@millrace/ports"
import type { SecretRef } from "./shape.ts"

/** Environment variables as a port. */
export type Environment = Readonly<Record<string, string | undefined>>

/**
 * Reads a secret anew at every call, so that a changed file takes effect; white space around it is dropped.
 *
 * Throws kind `usage` when it is missing or empty; the message names the place, never the value.
 */
export async function readSecret(ref: SecretRef, environment: Environment): Promise<string> {
  const [place, text] =
    "env" in ref ? [`the environment variable ${ref.env}`, environment[ref.env]] : await fromFile(ref.file)
  const secret = text?.trim() ?? ""
  if (secret === "") throw new MillraceError(`A secret is missing: ${place} is empty or not set.`, { kind: "usage" })
  return secret
}

async function fromFile(file: string): Promise<[string, string]> {
  try {
    return [`the file ${file}`, await readFile(file, "utf8")]
  } catch (cause) {
    throw new MillraceError(`A secret is missing: the file ${file} cannot be read: ${messageOf(cause)}.`, {
      kind: "usage",
      cause,
    })
  }
}
