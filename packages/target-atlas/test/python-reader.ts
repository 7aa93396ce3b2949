import { createHash } from "node:crypto"
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { runProcess } from "@millrace/testkit"

const source = join(import.meta.dirname, "python")
const environment = join(import.meta.dirname, "../../../.cache/apache-atlas")

/** What Apache's own Python client reads of an entity; the client is installed at the first call. */
export async function readWithPython(url: string, typeName: string, qualifiedName: string): Promise<unknown> {
  const python = await pythonWithClient()
  return JSON.parse(await run(python, join(source, "read.py"), url, typeName, qualifiedName))
}

async function pythonWithClient(): Promise<string> {
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

async function run(file: string, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runProcess({ file, args, deadlineMs: 180_000 })
  if (code !== 0) throw new Error(`${file} ${args.join(" ")} failed: ${stderr.slice(-2000)}`)
  return stdout
}
