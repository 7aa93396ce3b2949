import type { CompactionSettings, Limits } from "@millrace/relay"
import { Command, InvalidArgumentError, Option } from "commander"
import { compactionOptions, splitCompaction } from "./compaction-options.ts"
import { limitOptions, splitLimits } from "./limit-options.ts"

/** What one relay process is told; every setting has a flag, a variable and a default, declared once. */
export interface Settings {
  readonly listen: { readonly host: string; readonly port: number }
  readonly data: string
  readonly config?: string
  readonly origin?: readonly string[]
  readonly trustedProxies: number
  readonly tlsCert?: string
  readonly tlsKey?: string
  readonly withParent?: true
  readonly limits: Partial<Limits>
  readonly compaction: Partial<CompactionSettings>
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
      new Option("--config <file>", "configuration; its auth replaces the key in the data folder").env(
        "MILLRACE_CONFIG",
      ),
    )
    .addOption(
      new Option(
        "--origin <origins>",
        "origins of pages that may connect, with commas between, or *; before the configuration's. " +
          "Without any: pages of the relay's own host",
      )
        .env("MILLRACE_RELAY_ORIGIN")
        .argParser(readOrigins),
    )
    .addOption(
      new Option("--trusted-proxies <n>", "proxies of yours in front, whose X-Forwarded-For is believed")
        .env("MILLRACE_RELAY_TRUSTED_PROXIES")
        .default(0)
        .argParser(readProxies),
    )
    .addOption(
      new Option("--tls-cert <file>", "certificate chain, PEM; read again at SIGHUP").env("MILLRACE_RELAY_TLS_CERT"),
    )
    .addOption(new Option("--tls-key <file>", "its key, PEM; read again at SIGHUP").env("MILLRACE_RELAY_TLS_KEY"))
    .addOption(new Option("--with-parent", "stop when standard input ends").env("MILLRACE_WITH_PARENT"))
    .exitOverride()
  for (const option of [...limitOptions(), ...compactionOptions()]) program.addOption(option)
  const options = program.parse([...args], { from: "user" }).opts<Omit<Settings, "limits" | "compaction">>()
  if ((options.tlsCert === undefined) !== (options.tlsKey === undefined)) {
    program.error("error: --tls-cert and --tls-key belong together; give both or neither")
  }
  return splitCompaction(splitLimits(options))
}

function readListen(text: string): Settings["listen"] {
  const match = /^(\[[0-9a-f:.]+\]|[^:\s]+):(\d{1,5})$/i.exec(text)
  const host = match?.[1]?.replace(/^\[|\]$/g, "")
  const port = Number(match?.[2])
  if (host === undefined || port > 65_535) throw new InvalidArgumentError("Use HOST:PORT, such as 127.0.0.1:8787.")
  return { host, port }
}

function readOrigins(text: string): readonly string[] {
  return text.split(",").map((part) => {
    const origin = part.trim()
    if (origin === "*" || (/^https?:/.test(origin) && URL.parse(origin)?.origin === origin)) return origin
    throw new InvalidArgumentError('Use origins such as https://app.example, without a path, or "*".')
  })
}

function readProxies(text: string): number {
  if (/^\d$/.test(text)) return Number(text)
  throw new InvalidArgumentError("Use a number from 0 to 9.")
}
