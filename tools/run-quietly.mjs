import { spawn } from "node:child_process"

const keptChars = 20_000

/**
 * Runs a program without showing its output, which comes back with how it ended.
 *
 * It gets a process group of its own, which ends with this process when a signal stops that; the exit code is then that
 * of shells. `how` is "code N" or a signal's name; undefined when the program was not found.
 */
export function runQuietly(file, args, options) {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { ...options, stdio: ["ignore", "pipe", "pipe"], detached: true })
    const stops = [
      ["SIGINT", 130],
      ["SIGTERM", 143],
      ["SIGHUP", 129],
    ].map(([signal, code]) => [signal, () => stop(code)])
    const stop = (code) => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL")
      } catch {
        // Gone already.
      }
      process.exit(code)
    }
    for (const [signal, handler] of stops) process.on(signal, handler)
    let output = ""
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8")
      stream.on("data", (text) => (output = (output + text).slice(-keptChars)))
    }
    const done = () => {
      for (const [signal, handler] of stops) process.off(signal, handler)
    }
    child.on("error", (error) => {
      done()
      if (error.code === "ENOENT") resolve({ how: undefined, output })
      else reject(error)
    })
    child.on("close", (code, signal) => {
      done()
      resolve({ how: signal ?? `code ${code}`, output })
    })
  })
}
