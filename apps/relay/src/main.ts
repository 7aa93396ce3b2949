import { asMillraceError } from "@millrace/ports"
import { CommanderError } from "commander"
import { openLog } from "./log.ts"
import { runRelay } from "./run.ts"
import { readSettings, type Settings } from "./settings.ts"

/** 0 done, 1 failed, 64 wrong usage. */
async function main(): Promise<void> {
  let settings: Settings
  try {
    settings = readSettings(process.argv.slice(2))
  } catch (thrown) {
    process.exitCode = thrown instanceof CommanderError && thrown.exitCode === 0 ? 0 : 64
    return
  }
  try {
    const log = openLog(process.env["MILLRACE_LOG"])
    const relay = await runRelay(settings, { environment: process.env, fetch: globalThis.fetch, log })
    const stop = (): void => {
      void relay.stop().then(
        () => process.exit(0),
        (thrown: unknown) => fail(thrown),
      )
    }
    process.once("SIGINT", stop).once("SIGTERM", stop)
    process.on("SIGHUP", () => {
      void relay.reload().then(
        () => log.info("certificate read again"),
        (thrown: unknown) =>
          log.error("certificate not read again", { reason: asMillraceError(thrown, "bug").message }),
      )
    })
    if (settings.withParent) process.stdin.resume().once("end", stop)
    process.stdout.write(`relay listening on ${relay.origin}\n`)
  } catch (thrown) {
    fail(thrown)
  }
}

function fail(thrown: unknown): void {
  const { kind, message } = asMillraceError(thrown, "bug")
  process.stderr.write(`millrace-relay: ${message}\n`)
  process.exit(kind === "usage" ? 64 : 1)
}

await main()
