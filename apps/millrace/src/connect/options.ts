import { isWorkspaceName } from "@millrace/protocol"
import { type Command, InvalidArgumentError, Option } from "commander"

export const defaultPort = 4400
export const defaultDataDir = ".millrace"

/** Settings of every command that talks to a running server. */
export interface ServerOptions {
  readonly url: string
  readonly token?: string
}

export interface WorkspaceOptions extends ServerOptions {
  readonly workspace: string
  readonly json?: true
}

export function withServer(command: Command): Command {
  return command
    .addOption(
      new Option("--url <url>", "the URL that `ready:` prints")
        .env("MILLRACE_URL")
        .default(`http://127.0.0.1:${defaultPort}/`)
        .argParser(readUrl),
    )
    .addOption(
      new Option("--token <token>", "access token; a server started without --config gives a development token").env(
        "MILLRACE_TOKEN",
      ),
    )
}

export function workspaceOption(): Option {
  return new Option("--workspace <name>", "workspace, such as catalog").makeOptionMandatory().argParser(readWorkspace)
}

/** An empty value is refused: it would mean the folder in which the command happens to run. */
export function dataOption(): Option {
  return new Option("--data <dir>", `data folder (default: ${defaultDataDir})`)
    .env("MILLRACE_DATA")
    .argParser((text: string) => {
      if (text.trim() !== "") return text
      throw new InvalidArgumentError("It is empty: name a folder, or leave the option out.")
    })
}

/** Settings of commands about one binding in one workspace. */
export interface BindingOptions extends WorkspaceOptions {
  readonly binding: string
}

export function bindingOption(): Option {
  return new Option("--binding <name>", "binding, as the configuration names it").makeOptionMandatory()
}

export function keyOption(): Option {
  return new Option(
    "--key <text>",
    "idempotency key: a repeat with the same key has no second effect; drawn anew unless given",
  )
}

export function jsonOption(): Option {
  return new Option("--json", "print JSON for programs")
}

export function readWorkspace(text: string): string {
  if (isWorkspaceName(text)) return text
  throw new InvalidArgumentError('Use 1 to 64 of a-z, 0-9, ".", "_", "-", beginning with a letter or digit.')
}

function readUrl(text: string): string {
  const url = URL.parse(text)
  if (url === null || !["http:", "https:"].includes(url.protocol)) {
    throw new InvalidArgumentError("Use the URL that `ready:` prints, such as http://127.0.0.1:4400/.")
  }
  return new URL("/", url).href
}
