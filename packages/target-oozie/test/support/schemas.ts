import { createHash } from "node:crypto"
import { existsSync } from "node:fs"
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises"
import { join, resolve } from "node:path"
import { runProcess, tempDir } from "@millrace/testkit"

const artifact = "org.apache.oozie:oozie-client:5.2.1"
const cache = resolve(import.meta.dirname, "../../../../.cache/oozie-schemas")

/**
 * The file of a schema that imports every official one, fetched from Maven Central once for this checkout.
 *
 * It is made beside and renamed, so a run that was cut leaves nothing that looks complete.
 */
export async function officialSchemas(): Promise<string> {
  const folder = join(cache, createHash("sha256").update(artifact).digest("hex").slice(0, 12))
  const driver = join(folder, "all.xsd")
  if (existsSync(driver)) return driver
  const draft = `${folder}.${process.pid}`
  await rm(draft, { recursive: true, force: true })
  await mkdir(draft, { recursive: true })
  try {
    const plugin = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:unpack"
    await run("mvn", [
      "-B",
      "-q",
      plugin,
      `-Dartifact=${artifact}`,
      "-Dmdep.unpack.includes=*.xsd",
      `-DoutputDirectory=${draft}`,
    ])
    await writeFile(join(draft, "all.xsd"), await driverOf(draft))
    await rename(draft, folder).catch((error: unknown) => {
      if (!existsSync(folder)) throw error
    })
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
  return driver
}

/** Bodies of actions are of other schemas: one schema imports them all, each namespace once. */
async function driverOf(folder: string): Promise<string> {
  const seen = new Set<string>()
  const imports: string[] = []
  for (const file of (await readdir(folder)).sort()) {
    const namespace = /targetNamespace="([^"]*)"/.exec(await readFile(join(folder, file), "utf8"))?.[1]
    if (namespace === undefined || seen.has(namespace)) continue
    seen.add(namespace)
    imports.push(`  <xs:import namespace="${namespace}" schemaLocation="${file}"/>`)
  }
  return `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">\n${imports.join("\n")}\n</xs:schema>\n`
}

export interface XmlText {
  readonly name: string
  readonly text: string
}

/** Names of the documents that the official schemas refuse, each with what they say. */
export async function refusedBySchemas(documents: readonly XmlText[]): Promise<ReadonlyMap<string, string>> {
  const driver = await officialSchemas()
  const folder = tempDir("schemas")
  const refused = new Map<string, string>()
  for (let from = 0; from < documents.length; from += 200) {
    const some = documents.slice(from, from + 200)
    const files = await Promise.all(
      some.map(async ({ text }, at) => {
        const file = join(folder, `${from + at}.xml`)
        await writeFile(file, text)
        return file
      }),
    )
    const args = ["--nonet", "--noout", "--schema", driver, ...files]
    const { stderr } = await runProcess({ file: "xmllint", args, deadlineMs: 120_000 })
    for (const [at, file] of files.entries()) {
      if (stderr.includes(`${file} validates`)) continue
      const line = stderr.split("\n").find((each) => each.includes(`${file}:`)) ?? "it does not validate"
      refused.set(some[at]?.name ?? "", line)
    }
  }
  return refused
}

/** Canonical XML of a document without its comments, by xmllint and not by us. */
export async function canonicalByXmllint(text: string, folder: string): Promise<string> {
  const file = join(folder, "document.xml")
  // No document of ours has "<!--" in a CDATA section.
  await writeFile(file, text.replaceAll(/<!--[^]*?-->/g, ""))
  const { code, stdout, stderr } = await runProcess({
    file: "xmllint",
    args: ["--nonet", "--noblanks", "--c14n", file],
  })
  if (code !== 0) throw new Error(`xmllint: ${stderr}`)
  return stdout
}

async function run(file: string, args: readonly string[]): Promise<void> {
  const { code, stdout, stderr } = await runProcess({ file, args, deadlineMs: 230_000 })
  if (code !== 0)
    throw new Error(`${file} failed with code ${String(code)}.\n${stdout.slice(-4000)}\n${stderr.slice(-4000)}`)
}
