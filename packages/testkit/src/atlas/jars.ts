import { createHash } from "node:crypto"
import { existsSync } from "node:fs"
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { runProcess } from "../spawn-process.ts"

const here = fileURLToPath(new URL(".", import.meta.url))
const cache = fileURLToPath(new URL("../../../../.cache/atlas", import.meta.url))
const sources = ["AtlasLauncher.java", "LuceneUnderscore.java"]

export interface AtlasServerFiles {
  /** The unpacked web application. */
  readonly war: string
  readonly classPath: string
}

/**
 * Atlas's web application with our two classes, fetched by Maven once for this checkout (300 MB).
 *
 * The folder's name follows from what goes into it. It is made beside and renamed, so a run that was cut leaves nothing that
 * looks complete, and two at a time do no harm.
 */
export async function atlasServerFiles(): Promise<AtlasServerFiles> {
  const pom = join(here, "pom.xml")
  const inputs = [pom, ...sources.map((name) => join(here, name))]
  const sum = createHash("sha256")
  for (const path of inputs) sum.update(await readFile(path))
  const folder = join(cache, sum.digest("hex").slice(0, 12))
  if (!existsSync(folder)) await assemble(pom, folder)
  return { war: join(folder, "war"), classPath: await readFile(join(folder, "class-path"), "utf8") }
}

async function assemble(pom: string, folder: string): Promise<void> {
  const draft = `${folder}.${process.pid}`
  await rm(draft, { recursive: true, force: true })
  await mkdir(draft, { recursive: true })
  try {
    await run("mvn", ["-B", "-q", "-f", pom, `-Dout=${draft}`, "package"], { MAVEN_OPTS: "-Xmx512m" })
    const libraries = join(draft, "war", "WEB-INF", "lib")
    const classes = join(draft, "classes")
    const files = sources.map((name) => join(here, name))
    await run("javac", ["-nowarn", "-Xlint:none", "-d", classes, "-cp", join(libraries, "*"), ...files])
    // Sorted and explicit, so that the order of classes is the same on every machine.
    const jars = await jarsUnder(draft, ["lib", join("war", "WEB-INF", "lib")])
    const classPath = ["classes", ...jars].map((path) => join(folder, path)).join(":")
    await writeFile(join(draft, "class-path"), classPath)
    await rename(draft, folder).catch((error: unknown) => {
      if (!existsSync(folder)) throw error
    })
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
}

async function jarsUnder(root: string, folders: readonly string[]): Promise<readonly string[]> {
  const found: string[] = []
  for (const folder of folders) {
    const names = (await readdir(join(root, folder))).filter((name) => name.endsWith(".jar"))
    found.push(...names.sort().map((name) => join(folder, name)))
  }
  return found
}

async function run(file: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<void> {
  const { code, stdout, stderr } = await runProcess({ file, args, env, deadlineMs: 230_000 })
  if (code !== 0)
    throw new Error(`${file} failed with code ${String(code)}.\n${stdout.slice(-4000)}\n${stderr.slice(-4000)}`)
}
