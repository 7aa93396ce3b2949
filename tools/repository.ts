import { globSync, readFileSync } from "node:fs"
import { join } from "node:path"

/** The folder of the checkout. */
export const root: string = join(import.meta.dirname, "..")

/** Paths from the root, sorted, of what `patterns` match outside node_modules and built folders. */
export function filesLike(...patterns: readonly string[]): readonly string[] {
  const found = globSync(patterns, {
    cwd: root,
    exclude: (path) => /(^|\/)(node_modules|dist|dist-types|\.git|\.cache)$/.test(path),
  })
  return found.sort((a, b) => (a < b ? -1 : 1))
}

/** The text of a file, by its path from the root. */
export function read(path: string): string {
  return readFileSync(join(root, path), "utf8")
}

/** What `text` imports or re-exports: statements that begin a line, and calls of import(). */
export function importsOf(text: string): readonly string[] {
  const statements = text.matchAll(/^(?:import|export)\s+(?:[\w$\s{},*]+?\s+from\s+)?["']([^"'\n]+)["']/gm)
  const calls = text.matchAll(/\bimport\(\s*["']([^"'\n]+)["']/g)
  return [...statements, ...calls].map((match) => match[1] ?? "")
}

/** `@scope/name/sub` and `name/sub` without the subpath. */
export function packageOf(specifier: string): string {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/")
}
