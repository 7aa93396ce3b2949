import { systemClock, systemRandom } from "@millrace/ports"
import { run } from "./program.ts"

process.exitCode = await run(process.argv.slice(2), {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  environment: process.env,
  fetch: globalThis.fetch,
  clock: systemClock,
  random: systemRandom,
  onStop: (stop) => {
    process.once("SIGINT", stop).once("SIGTERM", stop)
    return () => void process.off("SIGINT", stop).off("SIGTERM", stop)
  },
})
