import { existsSync } from "node:fs"
import { builtinModules } from "node:module"
import { dirname, join, normalize } from "node:path"
import { describe, expect, test } from "vitest"
import config from "../vitest.config.ts"
import { projects } from "../vitest.workspace.ts"
import { layers } from "./layers.ts"
import { filesLike, importsOf, packageOf, read, root } from "./repository.ts"

interface Manifest {
  readonly name: string
  readonly exports?: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

const folders = Object.keys(layers)
const builtin = new Set(builtinModules)

const manifestOf = (folder: string): Manifest => JSON.parse(read(join(folder, "package.json"))) as Manifest
const allowedOf = (folder: string): string[] => [...(layers[folder] ?? [])].sort(byName)
const ours = (dependencies: Readonly<Record<string, string>> = {}): string[] =>
  Object.keys(dependencies)
    .filter((name) => name.startsWith("@millrace/"))
    .map((name) => name.slice("@millrace/".length))
    .sort(byName)
const referencesOf = (folder: string): string[] => {
  const file = JSON.parse(read(join(folder, "tsconfig.json"))) as { references?: readonly { path: string }[] }
  return (file.references ?? []).map(({ path }) => normalize(join(folder, path)).replace(/\/$/, ""))
}
const isBuiltin = (specifier: string): boolean => specifier.startsWith("node:") || builtin.has(specifier)

function byName(a: string, b: string): number {
  return a < b ? -1 : 1
}

test("every package and app is in the table, and no other", () => {
  const found = filesLike("packages/*/package.json", "apps/*/package.json", "bench/package.json")
    .map((path) => dirname(path))
    .sort(byName)
  expect([...folders].sort(byName)).toEqual(found)
})

test("the table is in the order in which changes travel: a package imports only what stands above it", () => {
  const above = new Set<string>()
  for (const folder of folders) {
    for (const name of layers[folder] ?? []) expect(above, `${folder} imports ${name}`).toContain(name)
    above.add(folder.replace(/^(packages|apps)\//, ""))
  }
})

test("only apps name concrete targets, and relay knows neither model nor client", () => {
  for (const folder of folders.filter((name) => name.startsWith("packages/"))) {
    expect(allowedOf(folder).filter((name) => name.startsWith("target-"))).toEqual([])
  }
  for (const folder of ["packages/relay", "apps/relay"]) {
    expect(allowedOf(folder).filter((name) => ["model", "client"].includes(name))).toEqual([])
  }
})

test("the root tsconfig names every package in the order of the table", () => {
  expect(referencesOf(".")).toEqual(folders)
})

describe.each(folders)("%s", (folder) => {
  const manifest = manifestOf(folder)

  test("declares exactly what the table allows", () => {
    expect(ours(manifest.dependencies)).toEqual(allowedOf(folder))
  })

  test("references exactly what the table allows", () => {
    const references = referencesOf(folder).map((path) => path.replace(/^packages\//, ""))
    expect(references.sort(byName)).toEqual(allowedOf(folder))
  })

  test("imports in its sources only what it declares, and only what others export", () => {
    const { dependencies = {}, peerDependencies = {} } = manifest
    const declared = new Set([...Object.keys(dependencies), ...Object.keys(peerDependencies), manifest.name])
    const wrong: string[] = []
    for (const path of filesLike(`${folder}/src/**/*.{ts,tsx}`)) {
      for (const specifier of importsOf(read(path))) {
        const problem = problemOf(path, specifier, declared)
        if (problem !== undefined) wrong.push(`${path}: ${specifier} ${problem}`)
      }
    }
    expect(wrong).toEqual([])
  })

  test("imports in its tests only what is declared here or at the root", () => {
    const rootManifest = manifestOf(".")
    const declared = new Set(
      [manifest, rootManifest].flatMap((each) => [
        each.name,
        ...Object.keys(each.dependencies ?? {}),
        ...Object.keys(each.devDependencies ?? {}),
      ]),
    )
    const wrong = filesLike(`${folder}/test/**/*.{ts,tsx}`).flatMap((path) =>
      importsOf(read(path))
        .filter((specifier) => !specifier.startsWith(".") && !isBuiltin(specifier))
        .filter((specifier) => !declared.has(packageOf(specifier)))
        .map((specifier) => `${path}: ${specifier}`),
    )
    expect(wrong).toEqual([])
  })

  test("offers each entry as source, types and code", () => {
    for (const [name, entry] of Object.entries(manifest.exports ?? {})) {
      const source = entry["source"] ?? ""
      expect(existsSync(join(root, folder, source)), `${name}: ${source}`).toBe(true)
      expect(entry["default"]).toBe(source.replace("./src/", "./dist/").replace(/\.tsx?$/, ".js"))
      expect(entry["types"]).toBe(source.replace("./src/", "./dist/").replace(/\.tsx?$/, ".d.ts"))
    }
  })

  test("has a project in the vitest workspace", () => {
    expect(projects.map((project) => normalize(rootOf(project)))).toContain(folder)
  })
})

function problemOf(path: string, specifier: string, declared: ReadonlySet<string>): string | undefined {
  if (specifier.startsWith(".")) {
    const target = normalize(join(dirname(path), specifier))
    const [group, name] = path.split("/")
    return target.startsWith(`${group}/${name}/`) ? undefined : "leaves the package"
  }
  if (isBuiltin(specifier)) return specifier.startsWith("node:") ? undefined : "lacks the prefix node:"
  if (!declared.has(packageOf(specifier))) return "is not declared"
  if (!specifier.startsWith("@millrace/")) return undefined
  const [, short = "", ...rest] = specifier.split("/")
  const entry = rest.length === 0 ? "." : `./${rest.join("/")}`
  return manifestOf(`packages/${short}`).exports?.[entry] === undefined ? "is not exported" : undefined
}

describe("what browsers load", () => {
  /** Files that an entry reaches through imports, here and in other packages. */
  function reach(path: string, seen: Set<string> = new Set()): Set<string> {
    if (seen.has(path)) return seen
    seen.add(path)
    for (const specifier of importsOf(read(path))) {
      const next = specifier.startsWith(".") ? normalize(join(dirname(path), specifier)) : sourceOf(specifier)
      if (next !== undefined && /\.tsx?$/.test(next)) reach(next, seen)
    }
    return seen
  }

  function sourceOf(specifier: string): string | undefined {
    if (!specifier.startsWith("@millrace/")) return undefined
    const [, short = "", ...rest] = specifier.split("/")
    const entry = rest.length === 0 ? "." : `./${rest.join("/")}`
    const source = manifestOf(`packages/${short}`).exports?.[entry]?.["source"]
    return source === undefined ? undefined : normalize(join("packages", short, source))
  }

  const entries = ["ports", "model", "protocol", "indexeddb", "workspace", "client"].map(
    (name) => `packages/${name}/src/index.ts`,
  )

  test.each(entries)("%s reaches nothing of Node.js", (entry) => {
    const wrong = [...reach(entry)].flatMap((path) =>
      importsOf(read(path))
        .filter((specifier) => isBuiltin(specifier) || ["ws", "lmdb"].includes(packageOf(specifier)))
        .map((specifier) => `${path}: ${specifier}`),
    )
    expect(wrong).toEqual([])
  })

  test("what is pure declares no types of Node.js or of browsers", () => {
    for (const name of ["ports", "model", "protocol", "workspace"]) {
      const file = JSON.parse(read(`packages/${name}/tsconfig.json`)) as { compilerOptions: Record<string, unknown> }
      expect(file.compilerOptions["types"] ?? [], name).toEqual([])
      expect(file.compilerOptions["lib"] ?? [], name).not.toContain("DOM")
    }
  })
})

describe("the vitest workspace", () => {
  test("is what vitest runs", () => {
    expect((config as { test?: { projects?: unknown } }).test?.projects).toBe(projects)
  })

  test("names each project once and leaves no test file out", () => {
    const names = projects.map((project) => (project as { test?: { name?: string } }).test?.name)
    expect(new Set(names).size).toBe(names.length)
    const homeless = filesLike("**/*.test.{ts,tsx,mts,js,mjs}").filter(
      (path) =>
        !/^((packages|apps)\/[^/]+|bench|soak)\/test\/.*\.test\.ts$/.test(path) && !/^tools\/.*\.test\.ts$/.test(path),
    )
    expect(homeless).toEqual([])
  })
})

function rootOf(project: (typeof projects)[number]): string {
  return (project as { test?: { root?: string } }).test?.root ?? ""
}
