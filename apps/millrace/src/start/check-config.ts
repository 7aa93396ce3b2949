import { spawn } from "node:child_process"
import { MillraceError } from "@millrace/ports"
import { siblingApp } from "./sibling-app.ts"

const usageExitCode = 64
const maxOutputChars = 64 * 1024

/**
 * Has the projector, which alone knows the targets, check a configuration whole: their own settings too, and whether bindings
 * fit. Nothing is connected to. Resolves with one sentence for people.
 *
 * Rejects with kind `usage`, naming the field.
 */
export function checkWithProjector(configFile: string, dataDir: string | undefined): Promise<string> {
  const args = ["--validate", "--config", configFile, ...(dataDir === undefined ? [] : ["--data", dataDir])]
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...process.execArgv, siblingApp("projector"), ...args], {
      stdio: ["ignore", "pipe", "pipe"],
    })
    let out = ""
    let err = ""
    child.stdout.on("data", (chunk: Buffer) => void (out = (out + chunk.toString()).slice(-maxOutputChars)))
    child.stderr.on("data", (chunk: Buffer) => void (err = (err + chunk.toString()).slice(-maxOutputChars)))
    child.once("error", (cause) =>
      reject(new MillraceError(`The configuration could not be checked: ${cause.message}.`, { kind: "bug", cause })),
    )
    child.once("close", (code) => {
      if (code === 0) return resolve(out.trim())
      const message = err.trim().replace(/^projector: /, "")
      reject(new MillraceError(message, { kind: code === usageExitCode ? "usage" : "bug" }))
    })
  })
}
