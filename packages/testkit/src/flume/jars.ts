import { createHash } from "node:crypto"
import { existsSync } from "node:fs"
import { mkdir, readFile, rename, rm } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { runProcess } from "../spawn-process.ts"

const here = fileURLToPath(new URL(".", import.meta.url))
const cache = fileURLToPath(new URL("../../../../.cache/flume", import.meta.url))

/**
 * The folder with Flume's jars and our compiled monitor, fetched by Maven once for this checkout.
 *
 * Its name follows from what goes into it. It is made beside and renamed, so a run that was cut leaves nothing that
 * looks complete, and two at a time do no harm.
 */
export async function flumeJars(): Promise<string> {
  const pom = join(here, "pom.xml")
  const source = join(here, "LoopbackMonitor.java")
  const key = createHash("sha256")
    .update(await readFile(pom))
    .update(await readFile(source))
    .digest("hex")
    .slice(0, 12)
  const folder = join(cache, key)
  if (existsSync(folder)) return folder

  const draft = `${folder}.${process.pid}`
  await rm(draft, { recursive: true, force: true })
  await mkdir(draft, { recursive: true })
  try {
    const goal = ["dependency:copy-dependencies", "-DincludeScope=runtime", `-DoutputDirectory=${draft}`]
    await run("mvn", ["-B", "-q", "-f", pom, ...goal])
    await run("javac", ["-nowarn", "-d", draft, "-cp", join(draft, "*"), source])
    await rename(draft, folder).catch((error: unknown) => {
      if (!existsSync(folder)) throw error
    })
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
  return folder
}

async function run(file: string, args: readonly string[]): Promise<void> {
  const { code, stdout, stderr } = await runProcess({ file, args, deadlineMs: 230_000 })
  if (code !== 0)
    throw new Error(`${file} failed with code ${String(code)}.\n${stdout.slice(-4000)}\n${stderr.slice(-4000)}`)
}
