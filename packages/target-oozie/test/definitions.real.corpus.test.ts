import { existsSync, globSync, readFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { openRecords, type Records } from "@millrace/model"
import { seededRandom, seedFromEnvironment, tempDir } from "@millrace/testkit"
import { exportDefinitions, importDefinition, platformSchema, type PlatformSchema } from "@millrace/workspace"
import { expect, test } from "vitest"
import * as Y from "yjs"
import { playWorkflowHistories } from "../src/suite/index.ts"
import { canonicalXml, decodeXml, parseXml, printXml } from "../src/xml/index.ts"
import { canonicalByXmllint, refusedBySchemas } from "./support/schemas.ts"

const root = resolve(import.meta.dirname, "../../..")
const named = process.env["MILLRACE_CORPUS"] ?? ""
const folder = join(named === "" ? resolve(root, "../shared/corpus") : resolve(named), "oozie")
const paths = globSync("**/*.xml", { cwd: folder }).sort()
const textAt = (path: string): string => decodeXml(readFileSync(join(folder, path)))

function imported(): Records<PlatformSchema> {
  const records = openRecords(new Y.Doc(), platformSchema)
  for (const path of paths) importDefinition(records, path, parseXml(textAt(path)))
  return records
}

function exported(records: Records<PlatformSchema>): ReadonlyMap<string, string> {
  const { files, refused } = exportDefinitions(records)
  expect(refused).toEqual([])
  return new Map(
    files.flatMap(({ path, content }) =>
      typeof content === "object" && "root" in content ? [[path, printXml(content)] as const] : [],
    ),
  )
}

test("T411 definitions that others wrote come out of a workspace canonically equal, and valid wherever they were", async () => {
  expect(existsSync(folder), `${folder} is missing: set MILLRACE_CORPUS`).toBe(true)
  expect(paths.length).toBeGreaterThanOrEqual(90)
  const records = imported()
  const out = exported(records)
  expect([...out.keys()]).toEqual(paths)
  const work = tempDir("canonical")
  for (const path of paths) {
    const text = out.get(path) ?? ""
    expect(canonicalXml(parseXml(text)), path).toBe(canonicalXml(parseXml(textAt(path))))
    expect(await canonicalByXmllint(text, work), path).toBe(await canonicalByXmllint(textAt(path), work))
  }
  const before = await refusedBySchemas(paths.map((name) => ({ name, text: textAt(name) })))
  const after = await refusedBySchemas([...out].map(([name, text]) => ({ name, text })))
  expect([...after.keys()].filter((path) => !before.has(path))).toEqual([])
  // Files of datasets name no schema, so no official one knows their root.
  expect([...before.keys()].filter((path) => !path.endsWith("datasets.xml"))).toEqual([])
})

test("T411 they are the same at a replica, importing them again writes nothing, and comments stay", () => {
  const records = imported()
  const state = Y.encodeStateVector(records.doc)
  for (const path of paths) expect(importDefinition(records, path, parseXml(textAt(path))).written, path).toBe(0)
  expect(Y.encodeStateVector(records.doc)).toEqual(state)
  const other = new Y.Doc()
  Y.applyUpdate(other, Y.encodeStateAsUpdate(records.doc), "network")
  const out = exported(openRecords(other, platformSchema))
  expect(out).toEqual(exported(records))
  const comments = (text: string): readonly string[] =>
    [...text.matchAll(/<!--[^]*?-->/g)].map(([comment]) => comment).sort()
  for (const path of paths) expect(comments(out.get(path) ?? ""), path).toEqual(comments(textAt(path)))
})

test("T411 in production ones the judge finds a node that nothing leads to, and else nothing", () => {
  const problems = exportDefinitions(imported()).files.flatMap(({ path, problems: found }) =>
    found.map(({ reason }) => `${path}: ${reason}`),
  )
  expect(problems).toEqual([
    'util/loop/loop_range_step.xml: nothing leads to the decision node "check_run_serial": let a transition lead there, or delete it',
  ])
})

test("T411 a node that is renamed has the new name wherever it is named, and nothing else changes", () => {
  const path = "pageview/hourly/workflow.xml"
  const records = imported()
  const before = exported(records)
  const nodes = records.collection("workflowNodes")
  nodes.update(`${path}#aggregate`, { name: "another-name" })
  const after = exported(records)
  expect(after.get(path)).toBe(before.get(path)?.replaceAll('"aggregate"', '"another-name"'))
  expect(after.get(path)).not.toBe(before.get(path))
  for (const each of paths) if (each !== path) expect(after.get(each)).toBe(before.get(each))
})

test("T410 replicas edit a real workflow offline: what the judge lets through is valid by the official schemas", async () => {
  const seed = seedFromEnvironment()
  const texts: { name: string; text: string }[] = []
  const workflow = parseXml(textAt("pageview/hourly/workflow.xml"))
  const onPrinted = (text: string): void => void texts.push({ name: `printed ${texts.length}`, text })
  const played = [...playWorkflowHistories({ seed, histories: 60, workflow, random: seededRandom, onPrinted })]
  expect(played.at(-1)).toMatchObject({ histories: 60, problems: [] })
  expect(texts.length).toBeGreaterThan(5)
  expect(await refusedBySchemas(texts)).toEqual(new Map())
})
