import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { printXml } from "@millrace/target-oozie/xml"
import { sampleWorkflow } from "@millrace/target-oozie/suite"
import { tempDir } from "@millrace/testkit"
import { expect, test } from "vitest"
import { cli, cliJson } from "./support/cli.ts"
import { startParts } from "./support/parts.ts"

const workflow = printXml(sampleWorkflow)
const datasets =
  '<datasets><dataset name="d" frequency="${coord:days(1)}" initial-instance="2026-01-01T00:00Z" timezone="UTC"><uri-template>/d</uri-template></dataset></datasets>'

function treeAt(folder: string): Readonly<Record<string, string | Uint8Array>> {
  const files = {
    "sales/daily/workflow.xml": workflow,
    "sales/datasets.xml": datasets,
    "sales/daily/job.properties": "\uFEFF# a b\r\nqueue = x\\\n  y\n\n",
    "sales/latin.properties": new Uint8Array([0x61, 0x3d, 0xfc, 0x0a]),
    "sales/daily/load.sh": "#!/bin/sh\n",
    "conf/hive-site.xml": "<configuration/>",
  }
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(folder, path, ".."), { recursive: true })
    writeFileSync(join(folder, path), content)
  }
  return files
}

test("W300 a tree of definitions with its properties files goes into a workspace and comes out at the same paths", async () => {
  const dir = tempDir("definitions")
  const tree = join(dir, "tree")
  const files = treeAt(tree)
  const parts = await startParts(dir, { targets: {}, bindings: [] })
  await parts.startRelay()
  const server = ["--workspace", "jobs", "--url", parts.url, "--token", await parts.token("jobs", "write")]
  const first = await cliJson<{ files: number; others: number; written: number; seq: number }>(
    "import",
    tree,
    ...server,
  )
  expect(first).toMatchObject({ files: 4, others: 2 })
  const again = await cliJson<{ written: number; seq: number }>("import", tree, ...server)
  expect(again).toMatchObject({ written: 0, seq: first.seq })

  const out = join(dir, "out")
  const exported = await cliJson<{ files: number }>("export", "--format", "oozie", "--out", out, ...server)
  expect(exported).toMatchObject({ files: 4, refused: 0 })
  for (const path of ["sales/daily/job.properties", "sales/latin.properties"]) {
    expect(readFileSync(join(out, path))).toEqual(Buffer.from(files[path] ?? ""))
  }
  expect(readFileSync(join(out, "sales/daily/workflow.xml"), "utf8")).toBe(workflow)
  expect((await cli("export", "--format", "oozie", ...server)).code).toBe(64)

  // One bad file, and nothing of the tree is written.
  writeFileSync(join(tree, "sales/bad.xml"), "<workflow-app>")
  writeFileSync(join(tree, "sales/huge.xml"), `<datasets><!--${"x".repeat(2_000_000)}--></datasets>`)
  writeFileSync(join(tree, "sales/new.properties"), "a=b\n")
  symlinkSync("/etc/hostname", join(tree, "sales/link.properties"))
  const refused = await cli("import", tree, ...server)
  expect(refused.code).toBe(1)
  expect(refused.err).toContain("2 of the files cannot be taken, nothing was written")
  expect(refused.err).toContain("sales/bad.xml: line 1")
  expect(refused.err).toContain("sales/huge.xml: ")
  expect(await cli("export", ...server)).not.toMatchObject({ out: expect.stringContaining("new.properties") as string })
})

test("W301 `definitions check` says of each file what it is, whether it comes out equal, and what is wrong with it", async () => {
  const dir = tempDir("check")
  const files = {
    "workflow.xml": workflow,
    "datasets.xml": datasets,
    "circle.xml": workflow.replace('<ok to="split"/>', '<ok to="prepare"/>'),
    "bomb.xml": '<!DOCTYPE a [<!ENTITY b "c">]><workflow-app>&b;</workflow-app>',
    "other.xml": "<configuration/>",
  }
  for (const [name, content] of Object.entries(files)) writeFileSync(join(dir, name), content)
  const checked = await cli("definitions", "check", ...Object.keys(files).map((name) => join(dir, name)))
  expect(checked.code).toBe(1)
  const lines = checked.out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  expect(lines).toMatchObject([
    { file: join(dir, "workflow.xml"), kind: "workflow", equal: true, valid: true, problems: [] },
    { file: join(dir, "datasets.xml"), kind: "datasets", equal: true, valid: true, problems: [] },
    { kind: "workflow", equal: true, valid: false },
    { kind: null, equal: false, valid: false },
    { kind: null, equal: false, valid: false },
  ])
  expect(JSON.stringify(lines[2])).toContain("a workflow cannot run in circles")
  expect(JSON.stringify(lines[3])).toContain("a DOCTYPE is not taken")
  const good = await cli("definitions", "check", join(dir, "workflow.xml"))
  expect([good.code, good.err]).toEqual([0, ""])
  expect((await cli("definitions", "check")).code).toBe(64)
})

test("W302 a catalogue with a record that does not fit is refused before any of it is written", async () => {
  const dir = tempDir("oversize")
  const parts = await startParts(dir, { targets: {}, bindings: [] })
  await parts.startRelay()
  const server = ["--workspace", "w", "--url", parts.url, "--token", await parts.token("w", "write")]
  const table = { database: "a", name: "b", external: false }
  const tables = [
    { qualifiedName: "a.b", ...table },
    { qualifiedName: "a.c", ...table, comment: "x".repeat(300_000) },
  ]
  writeFileSync(join(dir, "tables.json"), JSON.stringify(tables))
  const { code, err } = await cli("import", join(dir, "tables.json"), ...server)
  expect(code).toBe(1)
  expect(err).toContain('"a.c"')
  expect(err).toContain("Nothing of the catalogue was written.")
  expect((await cli("export", ...server)).out).toBe("{}\n")
})
