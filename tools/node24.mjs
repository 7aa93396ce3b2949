// Runs a program with the Node.js 24 that the lockfile pins, whatever Node.js started this file:
//   node tools/node24.mjs FILE [ARGS...]
// The condition "source" makes workspace packages resolve to their TypeScript sources.
import { spawn } from "node:child_process"
import { accessSync, constants, existsSync } from "node:fs"
import { constants as system } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

export const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** The pinned program where its package is installed for this system, else the Node.js that runs now. */
export function node24() {
  const pinned = join(root, "node_modules", `node-linux-${process.arch}`, "bin", "node")
  if (existsSync(pinned)) return pinned
  if (Number(process.versions.node.split(".")[0]) >= 24) return process.execPath
  throw new Error("This system has no pinned Node.js package: install Node.js 24 or newer and try again.")
}

/**
 * Runs FILE to its end, passes signals on, and ends this process with its exit code.
 *
 * `ownSession`: for what runs until it is stopped. A terminal's Ctrl-C goes to a whole process group; in a session of
 * its own the program gets each signal once, from here, and stops its children in its own order. Should this process
 * be killed, the program gets SIGTERM.
 */
export function runNode24(args, { ownSession = false, cwd = process.cwd() } = {}) {
  const setpriv = ownSession ? findProgram("setpriv") : undefined
  const command = [...(setpriv === undefined ? [] : [setpriv, "--pdeathsig", "TERM"]), node24(), "--conditions=source"]
  const child = spawn(command[0], [...command.slice(1), ...args], { stdio: "inherit", detached: ownSession, cwd })
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal))
  child.on("error", (error) => {
    console.error(`${command[0]} could not be started: ${error.message}`)
    process.exit(1)
  })
  child.on("exit", (code, signal) => process.exit(code ?? 128 + system.signals[signal]))
}

/** Where the user called `npm run SCRIPT`: npm itself changes to the root, but paths among the arguments mean this. */
export function callersFolder(script) {
  return process.env.npm_lifecycle_event === script ? process.env.INIT_CWD : process.cwd()
}

function findProgram(name) {
  return (process.env.PATH ?? "").split(":").flatMap((folder) => {
    const path = join(folder, name)
    try {
      accessSync(path, constants.X_OK)
      return [path]
    } catch {
      return []
    }
  })[0]
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    runNode24(process.argv.slice(2))
  } catch (error) {
    console.error(String(error instanceof Error ? error.message : error))
    process.exit(1)
  }
}
