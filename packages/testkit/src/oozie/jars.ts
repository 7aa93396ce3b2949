import { createHash } from "node:crypto"
import { existsSync } from "node:fs"
import { copyFile, mkdir, readdir, readFile, rename, rm } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { runProcess } from "../spawn-process.ts"

const here = fileURLToPath(new URL(".", import.meta.url))
const cache = fileURLToPath(new URL("../../../../.cache/oozie", import.meta.url))

/** What a container on YARN needs of Oozie; an installation has it from `oozie-setup.sh sharelib create`. */
const sharelib =
  /^(oozie-sharelib-oozie|oozie-client|json-simple|commons-lang3|guava|commons-cli|jdom|commons-io)-[0-9].*\.jar$/

/**
 * The folder with the jars of Oozie (`oozie/`), of Hadoop with our compiled starter (`hadoop/`) and of the share lib
 * (`sharelib/oozie/`), fetched by Maven once for this checkout.
 *
 * Its name follows from what goes into it. It is made beside and renamed, so a run that was cut leaves nothing that
 * looks complete, and two at a time do no harm.
 */
export async function oozieJars(): Promise<string> {
  const sources = ["oozie-pom.xml", "hadoop-pom.xml", "MiniHadoop.java", "log4j.properties"]
  const hash = createHash("sha256")
  for (const name of sources) hash.update(await readFile(join(here, name)))
  const folder = join(cache, hash.digest("hex").slice(0, 12))
  if (existsSync(folder)) return folder

  const draft = `${folder}.${process.pid}`
  await rm(draft, { recursive: true, force: true })
  await mkdir(join(draft, "sharelib", "oozie"), { recursive: true })
  try {
    for (const part of ["oozie", "hadoop"]) {
      const goal = ["dependency:copy-dependencies", "-DincludeScope=runtime"]
      const out = `-DoutputDirectory=${join(draft, part)}`
      await run("mvn", ["-B", "-q", "-f", join(here, `${part}-pom.xml`), ...goal, out])
    }
    const hadoop = join(draft, "hadoop")
    await run("javac", ["-nowarn", "-d", hadoop, "-cp", join(hadoop, "*"), join(here, "MiniHadoop.java")])
    await copyFile(join(here, "log4j.properties"), join(hadoop, "log4j.properties"))
    for (const jar of (await readdir(join(draft, "oozie"))).filter((name) => sharelib.test(name))) {
      await copyFile(join(draft, "oozie", jar), join(draft, "sharelib", "oozie", jar))
    }
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
