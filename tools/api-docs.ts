// npm run api: makes docs/api from the sources. With --check it writes nothing and fails where a page is not what it would make.
import { spawnSync } from "node:child_process"
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { apiPages } from "./api/pages.ts"

const root = join(import.meta.dirname, "..")
const folder = join(root, "docs/api")
const isCheck = process.argv.includes("--check")

if (!isCheck) {
  const tsc = join(root, "node_modules/typescript/bin/tsc")
  const { status } = spawnSync(process.execPath, [tsc, "-b"], { cwd: root, stdio: "inherit" })
  if (status !== 0) process.exit(1)
}
mkdirSync(folder, { recursive: true })
const pages = apiPages(root)
const stale: string[] = readdirSync(folder).filter((name) => !pages.has(name))
if (!isCheck) for (const name of stale) rmSync(join(folder, name))
for (const [name, text] of pages) {
  const path = join(folder, name)
  if (existsSync(path) && readFileSync(path, "utf8") === text) continue
  stale.push(name)
  if (!isCheck) writeFileSync(path, text)
}
for (const name of stale) console.log(`docs/api/${name} ${isCheck ? "is not what the sources say" : "was made anew"}`)
process.exitCode = isCheck && stale.length > 0 ? 1 : 0
