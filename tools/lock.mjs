import { createHash } from "node:crypto"
import { createServer } from "node:net"
import { root } from "./node24.mjs"

// A name in Linux's abstract socket space: the system takes it back however its owner dies, so no stale lock exists.
const name = `\0millrace-tools-${createHash("sha256").update(root).digest("hex").slice(0, 32)}`

/**
 * Runs `task` while no other process of this checkout installs or builds; outside Linux nobody is kept out.
 *
 * `waiting` is called once when there is something to wait for.
 */
export async function locked(task, waiting) {
  if (process.platform !== "linux") return task()
  let server = await take()
  for (let tries = 0; server === undefined; tries++) {
    if (tries === 0) waiting()
    await new Promise((resolve) => setTimeout(resolve, 100))
    server = await take()
  }
  try {
    return await task()
  } finally {
    server.close()
  }
}

function take() {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once("error", (error) => (error.code === "EADDRINUSE" ? resolve(undefined) : reject(error)))
    server.listen(name, () => resolve(server))
  })
}
