import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { root } from "./node24.mjs"

const path = join(root, ".cache", "tools.lock")

/**
 * Runs `task` while no other process of this checkout installs or builds.
 *
 * A lock whose owner died is taken over. `waiting` is called once when there is something to wait for.
 */
export async function locked(task, waiting) {
  for (let tries = 0; !take(); tries++) {
    if (tries === 0) waiting()
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  try {
    return await task()
  } finally {
    rmSync(path, { force: true })
  }
}

function take() {
  mkdirSync(dirname(path), { recursive: true })
  try {
    writeFileSync(path, String(process.pid), { flag: "wx" })
    return true
  } catch (error) {
    if (error.code !== "EEXIST") throw error
  }
  if (!ownerLives()) rmSync(path, { force: true })
  return false
}

function ownerLives() {
  try {
    const owner = Number(readFileSync(path, "utf8"))
    // Empty for the moment between making the file and writing the number.
    if (owner > 0) process.kill(owner, 0)
    return true
  } catch (error) {
    return error.code === "EPERM" || error.code === "ENOENT"
  }
}
