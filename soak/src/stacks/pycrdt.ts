import { createHash } from "node:crypto"
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { runProcess } from "@millrace/testkit"
import { openLineClient } from "./line-client.ts"
import type { Stack } from "./stack-client.ts"

const root = join(import.meta.dirname, "../../..")
const source = join(root, "soak/pycrdt-client")
const environment = join(root, ".cache/pycrdt")
const installDeadlineMs = 180_000

/** `pycrdt` with `httpx-ws` in Python. */
export const pycrdt: Stack = {
  name: "pycrdt",
  open: async ({ server, workspace, token }, clientId) =>
    openLineClient({
      name: "pycrdt",
      file: await pythonWithPycrdt(),
      args: [join(source, "client.py")],
      url: `http://${server}/sync/${workspace}?token=${token}`,
      clientId,
    }),
}

/** Python with the pinned packages, installed at the first call into a folder of their own; gives the program's path. */
export async function pythonWithPycrdt(): Promise<string> {
  const requirements = join(source, "requirements.txt")
  const python = join(environment, "bin/python")
  const stamp = join(environment, "installed")
  const wanted = createHash("sha256").update(readFileSync(requirements)).digest("hex")
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return python
  rmSync(environment, { recursive: true, force: true })
  await run("python3", "-m", "venv", environment)
  await run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement", requirements)
  writeFileSync(stamp, wanted)
  return python
}

async function run(file: string, ...args: readonly string[]): Promise<void> {
  const { code, stderr } = await runProcess({ file, args, deadlineMs: installDeadlineMs })
  if (code !== 0) throw new Error(`${file} ${args.join(" ")} failed: ${stderr.slice(-2000)}`)
}
