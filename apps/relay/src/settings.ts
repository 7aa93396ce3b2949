import { Command, InvalidArgumentError, Option } from "commander"

/** What one relay process is told; every setting has a flag, a variable and a default, declared once. */
export interface Settings {
  readonly listen: { readonly host: string; readonly port: number }
  readonly data: string
  readonly config?: string
  readonly withParent?: true
}

/** Parses a command line; prints help, version and refusals itself and throws commander's error for them. */
export function readSettings(args: readonly string[]): Settings {
  const program = new Command("millrace-relay")
    .description("Merges everybody's edits, keeps them on disk and passes them on.")
    .version("0.1.0")
    .addOption(
      new Option("--listen <host:port>", "where to listen; port 0 takes a free one")
        .env("MILLRACE_RELAY_LISTEN")
        .default({ host: "127.0.0.1", port: 8787 }, "127.0.0.1:8787")
        .argParser(readListen),
    )
    .addOption(
      new Option("--data <dir>", "folder of everything that lasts; the log is in its folder relay")
        .env("MILLRACE_DATA")
        .default(".millrace"),
    )
    .addOption(
      new Option("--config <file>", "configuration; its auth.keys replace the key in the data folder").env(
        "MILLRACE_CONFIG",
      ),
    )
    .addOption(new Option("--with-parent", "stop when standard input ends").env("MILLRACE_WITH_PARENT"))
    .exitOverride()
  return program.parse([...args], { from: "user" }).opts<Settings>()
}

function readListen(text: string): Settings["listen"] {
  const match = /^(\[[0-9a-f:.]+\]|[^:\s]+):(\d{1,5})$/i.exec(text)
  const host = match?.[1]?.replace(/^\[|\]$/g, "")
  const port = Number(match?.[2])
  if (host === undefined || port > 65_535) throw new InvalidArgumentError("Use HOST:PORT, such as 127.0.0.1:8787.")
  return { host, port }
}
