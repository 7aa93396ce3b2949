import { spawnSync } from "node:child_process"
import { existsSync } from "node:fs"
import { basename, extname, join } from "node:path"
import { expect, test } from "vitest"
import { read, root } from "./repository.ts"

const maxLines = 400

/** Files that git knows, or would know: committed and new, without what is ignored. */
const files = spawnSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
  cwd: root,
  encoding: "utf8",
})
  .stdout.split("\n")
  .filter((path) => path !== "" && existsSync(join(root, path)))

const code = files.filter((path) => /\.(ts|tsx|mjs)$/.test(path))
// This file has to name what it forbids.
const text = files.filter((path) => !isBinary(path) && path !== "pnpm-lock.yaml" && path !== "tools/house.test.ts")

function isBinary(path: string): boolean {
  return [".png", ".ico", ".woff2", ".gz", ".bin", ".jar"].includes(extname(path))
}

/** `path:line` of each line of `paths` that matches. */
function linesLike(paths: readonly string[], pattern: RegExp): readonly string[] {
  return paths.flatMap((path) =>
    read(path)
      .split("\n")
      .flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1}: ${line.trim().slice(0, 120)}`] : [])),
  )
}

test("git lists the files of this checkout", () => {
  expect(files).toContain("package.json")
})

test("files and folders have names in kebab-case", () => {
  const inCode = code.filter((path) => /^(packages|apps|bench|tools)\//.test(path))
  const wrong = inCode.filter((path) =>
    path.split("/").some((part) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)*$/.test(part)),
  )
  expect(wrong).toEqual([])
})

test(`no file of code is longer than ${maxLines} lines`, () => {
  const long = code.map((path) => ({ path, lines: read(path).split("\n").length - 1 }))
  expect(long.filter(({ lines }) => lines > maxLines)).toEqual([])
})

test("nothing is exported by a star or as a default, except configuration that tools read so", () => {
  expect(linesLike(code, /^\s*export \*/)).toEqual([])
  const others = code.filter((path) => !/\.config\.ts$|^vitest\.workspace\.ts$/.test(path))
  expect(linesLike(others, /^export default\b/)).toEqual([])
})

test("an index.ts only lists names", () => {
  const indexes = code.filter((path) => basename(path) === "index.ts" && path.includes("/src/"))
  const wrong = indexes.filter((path) => {
    const rest = read(path)
      .replace(/\/\*[^]*?\*\//g, "")
      .replace(/^\s*\/\/.*$/gm, "")
      .replace(/^export (type )?\{[^}]*\}( from "[^"]+")?;?$/gm, "")
    return rest.trim() !== ""
  })
  expect(wrong).toEqual([])
})

test("nothing is marked as unfinished", () => {
  expect(linesLike(text, /\b(TODO|FIXME|XXX|HACK|not implemented|unimplemented|lorem ipsum)\b/)).toEqual([])
})

test("no text names a place that only one machine has", () => {
  expect(linesLike(text, /(^|["'`\s(=])\/(work|root|home\/\w+|tmp)\//)).toEqual([])
  expect(linesLike(text, /\b(registry\.npmjs|npmmirror|registry\.yarnpkg|deb\.debian\.org|repo1?\.maven\.)/)).toEqual(
    [],
  )
})

test("the lockfile names no host to fetch from", () => {
  expect(linesLike(["pnpm-lock.yaml"], /https?:\/\//)).toEqual([])
})

test("skipping is for machines, not for tests: none is skipped, left for later or run alone", () => {
  const tests = code.filter((path) => path.endsWith(".test.ts"))
  const skips = /\b(?:test|it|describe)\.(?:only|skip|todo|fails)\b/
  expect(linesLike(tests, skips)).toEqual([])
})
