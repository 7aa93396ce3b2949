import { messageOf, MillraceError, systemClock, systemRandom } from "@millrace/ports"
import { CommanderError } from "commander"
import { openLog } from "./log.ts"
import { command, type Settings } from "./settings.ts"
import { validate } from "./validate.ts"
import { startWorker, type Worker } from "./worker.ts"

const usageExitCode = 64

async function run(settings: Settings): Promise<void> {
  const log = openLog(process.env["MILLRACE_LOG_LEVEL"] ?? "info")
  let worker: Worker | undefined
  let stopping = false
  const stop = (code: number, why: string): void => {
    if (stopping) return
    stopping = true
    log.info("stopping", { why })
    Promise.resolve(worker?.close()).then(
      () => process.exit(code),
      (thrown: unknown) => {
        log.error("stopping failed", { detail: messageOf(thrown) })
        process.exit(1)
      },
    )
  }
  process.on("SIGTERM", () => stop(0, "SIGTERM"))
  process.on("SIGINT", () => stop(0, "SIGINT"))
  if (settings.withParent) {
    process.stdin.resume()
    process.stdin.on("end", () => stop(0, "the parent process is gone"))
    process.stdin.on("error", () => stop(0, "the parent process is gone"))
  }
  worker = await startWorker(settings, {
    clock: systemClock,
    random: systemRandom,
    log,
    environment: process.env,
    fetch: globalThis.fetch,
    onFenced: (error) => stop(1, error.message),
  })
  console.log(`projector ready on ${worker.url}`)
}

const program = command({
  work: run,
  validate: async (settings) => console.log(await validate(settings, systemClock, process.env)),
}).exitOverride()
try {
  await program.parseAsync()
} catch (thrown) {
  // Commander has said what is wrong, or has printed what was asked for.
  if (thrown instanceof CommanderError) process.exit(thrown.exitCode === 0 ? 0 : usageExitCode)
  console.error(`projector: ${messageOf(thrown)}`)
  process.exit(thrown instanceof MillraceError && thrown.kind === "usage" ? usageExitCode : 1)
}
