import { Command, InvalidArgumentError, Option } from "commander"

export interface Settings {
  /** Origin of the relay. */
  readonly relay: string
  readonly host: string
  readonly port: number
  readonly dataDir: string | undefined
  readonly configFile: string | undefined
  /** End when standard input ends: whoever started this process is gone. */
  readonly withParent: boolean
}

/** What a check of the configuration needs. */
export interface ValidateSettings {
  readonly configFile: string
  readonly dataDir: string | undefined
}

export interface Runs {
  readonly work: (settings: Settings) => Promise<void>
  readonly validate: (settings: ValidateSettings) => Promise<void>
}

interface Parsed {
  readonly relay?: string
  readonly listen: { readonly host: string; readonly port: number }
  readonly data?: string
  readonly config?: string
  readonly withParent?: true
  readonly validate?: true
}

/** The command line of the worker; one of `runs` is called with what it says. */
export function command(runs: Runs): Command {
  const program = new Command("projector")
    .description("Follow workspaces, deliver their changes to targets and report what was answered.")
    .addOption(new Option("--relay <url>", "origin of the relay").env("MILLRACE_RELAY_URL").argParser(urlOf))
    .addOption(
      new Option("--listen <host:port>", "where the worker's own HTTP answers")
        .env("MILLRACE_PROJECTOR_LISTEN")
        .argParser(addressOf)
        .default({ host: "127.0.0.1", port: 0 }, "127.0.0.1:0"),
    )
    .addOption(
      new Option("--data <folder>", "folder of everything that lasts (default: .millrace)").env("MILLRACE_DATA"),
    )
    .addOption(new Option("--config <file>", "configuration with targets and bindings").env("MILLRACE_CONFIG"))
    .addOption(new Option("--with-parent", "end when standard input ends"))
    .addOption(new Option("--validate", "check the configuration, its targets' own settings too, and start nothing"))
  return program.action(async ({ relay, listen, data, config, withParent, validate }: Parsed) => {
    if (validate === true) {
      if (config === undefined) return program.error("error: --validate needs --config <file>")
      return runs.validate({ configFile: config, dataDir: data })
    }
    if (relay === undefined) return program.error("error: required option '--relay <url>' not specified")
    return runs.work({ relay, ...listen, dataDir: data, configFile: config, withParent: withParent === true })
  })
}

function urlOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !["http:", "https:", "ws:", "wss:"].includes(url.protocol)) {
    throw new InvalidArgumentError("Give an origin such as http://127.0.0.1:4400.")
  }
  return url.origin === "null" ? `${url.protocol}//${url.host}` : url.origin
}

function addressOf(text: string): { readonly host: string; readonly port: number } {
  const match = /^(?:\[([0-9a-fA-F:]+)\]|([^:\s]+)):(\d{1,5})$/.exec(text)
  const port = Number(match?.[3])
  const host = match?.[1] ?? match?.[2]
  if (host === undefined || port > 65_535) throw new InvalidArgumentError("Give HOST:PORT, such as 127.0.0.1:0.")
  return { host, port }
}
