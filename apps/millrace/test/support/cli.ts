import { systemClock, systemRandom } from "@millrace/ports"
import { run } from "../../src/program.ts"

export interface CliResult {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** Runs one command line in this process, without any of its environment. */
export async function cli(...args: readonly string[]): Promise<CliResult> {
  let out = ""
  let err = ""
  const code = await run(args, {
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    environment: {},
    fetch: globalThis.fetch,
    clock: systemClock,
    random: systemRandom,
    onStop: () => () => {},
  })
  return { code, out, err }
}

/** The same, which must succeed and print JSON. */
export async function cliJson<T>(...args: readonly string[]): Promise<T> {
  const { code, out, err } = await cli(...args, "--json")
  if (code !== 0) throw new Error(`millrace ${args.join(" ")} ended with ${code}: ${err}`)
  return JSON.parse(out) as T
}
