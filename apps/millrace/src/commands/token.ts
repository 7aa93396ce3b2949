import { loadConfig } from "@millrace/config"
import { randomId } from "@millrace/ports"
import { isRole, type Role, roles } from "@millrace/protocol"
import { signToken } from "@millrace/relay/access"
import { Command, InvalidArgumentError, Option } from "commander"
import { dataOption, defaultDataDir, jsonOption, readWorkspace } from "../connect/options.ts"
import type { Io } from "../io.ts"
import { signingKey, warnOfNewKey } from "../start/keys.ts"

interface TokenOptions {
  readonly workspace: string
  readonly role: Role
  readonly expires: number
  readonly subject: string
  readonly data?: string
  readonly config?: string
  readonly json?: true
}

const unitsMs: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

export function tokenCommand(io: Io): Command {
  return new Command("token")
    .description("Sign an access token offline, with the key of --config or --data, and print it.")
    .addOption(
      new Option("--workspace <pattern>", "workspace, prefix followed by *, or *")
        .makeOptionMandatory()
        .argParser(readPattern),
    )
    .addOption(new Option("--role <role>", roles.join(" | ")).makeOptionMandatory().argParser(readRole))
    .addOption(
      new Option("--expires <duration>", "such as 30m, 12h, 7d").default(unitsMs["d"], "1d").argParser(readDuration),
    )
    .option("--subject <name>", "whom the log names as author", "cli")
    .addOption(dataOption())
    .addOption(new Option("--config <file>", "configuration file").env("MILLRACE_CONFIG"))
    .addOption(jsonOption())
    .action(async (options: TokenOptions) => {
      const config = options.config === undefined ? undefined : await loadConfig(options.config)
      const dataDir = options.data ?? config?.dataDir ?? defaultDataDir
      if (config?.auth === undefined) warnOfNewKey(dataDir, io)
      const key = await signingKey(dataDir, config?.auth, io)
      const issuedAtMs = io.clock.nowMs()
      const expiresAtMs = issuedAtMs + options.expires
      const tokenId = randomId(io.random, 20)
      const token = await signToken({
        key,
        subject: options.subject,
        workspaces: { [options.workspace]: options.role },
        expiresAtMs,
        issuedAtMs,
        tokenId,
      })
      io.out(options.json ? `${JSON.stringify({ token, tokenId, expiresAtMs })}\n` : `${token}\n`)
    })
}

function readPattern(text: string): string {
  return text === "*" ? text : readWorkspace(text.replace(/\*$/, "")) + (text.endsWith("*") ? "*" : "")
}

function readRole(text: string): Role {
  if (isRole(text)) return text
  throw new InvalidArgumentError(`There is no role "${text}"; use ${roles.join(", ")}.`)
}

function readDuration(text: string): number {
  const match = /^([1-9]\d{0,5})([smhd])$/.exec(text)
  const unitMs = unitsMs[match?.[2] ?? ""]
  if (match === null || unitMs === undefined)
    throw new InvalidArgumentError("Use a number and s, m, h or d: 30m, 12h, 7d.")
  return Number(match[1]) * unitMs
}
