// Runs a program with the Node.js 24 that the lockfile pins, whatever Node.js started this file:
//   node tools/node24.mjs FILE [ARGS...]
// `condition=source` makes workspace packages resolve to their TypeScript sources.
import { spawn } from "node:child_process"
import { existsSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** The pinned program where its package is installed for this system, else the Node.js that runs now. */
export function node24() {
  const pinned = join(root, "node_modules", `node-linux-${process.arch}`, "bin", "node")
  if (existsSync(pinned)) return pinned
  if (Number(process.versions.node.split(".")[0]) >= 24) return process.execPath
  throw new Error("This system has no pinned Node.js package: install Node.js 24 or newer and try again.")
}

/** Runs FILE and passes signals and the exit code through. */
export function runNode24(args) {
  const child = spawn(node24(), ["--conditions=source", ...args], { stdio: "inherit" })
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal))
  child.on("exit", (code, signal) => process.exit(signal === null ? (code ?? 1) : 128 + 15))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    runNode24(process.argv.slice(2))
  } catch (error) {
    console.error(String(error instanceof Error ? error.message : error))
    process.exit(1)
  }
}
