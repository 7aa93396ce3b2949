import { loadConfig } from "@millrace/config"
import { Command, InvalidArgumentError, Option } from "commander"
import { dataOption, defaultDataDir, defaultPort, jsonOption } from "../connect/options.ts"
import type { Io } from "../io.ts"
import { checkWithProjector } from "../start/check-config.ts"
import { openBrowser } from "../start/open-browser.ts"
import { startSystem } from "../start/system.ts"

interface StartOptions {
  readonly port?: number
  readonly data?: string
  readonly open: boolean
  readonly config?: string
  readonly restartDelay: number
  readonly json?: true
}

export function startCommand(io: Io): Command {
  return new Command("start")
    .description("Start relay, projector and web app on this machine and stay until SIGINT or SIGTERM.")
    .addOption(
      new Option("--port <n>", `port of page, API and sync; 0 takes a free one (default: ${defaultPort})`)
        .env("MILLRACE_PORT")
        .argParser(readNumber(65_535)),
    )
    .addOption(dataOption())
    .addOption(new Option("--config <file>", "configuration, JSON or TypeScript").env("MILLRACE_CONFIG"))
    .option("--no-open", "do not open a browser")
    .addOption(
      new Option("--restart-delay <ms>", "pause before a process that died is started again")
        .env("MILLRACE_RESTART_DELAY_MS")
        .default(1000)
        .argParser(readNumber(3_600_000)),
    )
    .addOption(jsonOption())
    .action(async (options: StartOptions) => {
      const config = options.config === undefined ? undefined : await loadConfig(options.config)
      if (config !== undefined) await checkWithProjector(config.file, options.data)
      let askedToStop = false
      let stop = (): void => void (askedToStop = true)
      const forget = io.onStop(() => stop())
      const system = await startSystem({
        io,
        config,
        dataDir: options.data ?? config?.dataDir ?? defaultDataDir,
        host: config?.listen?.host ?? "127.0.0.1",
        port: options.port ?? config?.listen?.port ?? defaultPort,
        restartAfterMs: options.restartDelay,
      })
      const stopped = new Promise<void>((resolve) => (stop = resolve))
      if (!askedToStop) {
        io.out(options.json ? `${JSON.stringify({ ready: `${system.origin}/` })}\n` : `ready: ${system.origin}/\n`)
        if (options.open) openBrowser(system.origin, io.environment)
        await stopped
      }
      forget()
      await system.stop()
    })
}

function readNumber(max: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (/^\d+$/.test(text) && value <= max) return value
    throw new InvalidArgumentError(`Use a whole number from 0 to ${max}.`)
  }
}
