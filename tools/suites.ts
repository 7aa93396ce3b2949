import { globSync } from "node:fs"
import { basename } from "node:path"

/** What a machine may lack. */
export type Need = "chromium" | "java" | "loop" | "pycrdt" | "corpus"

export interface Suite {
  readonly name: string
  /** Longest run of the whole suite. */
  readonly limitMs: number
  /** Its tests, by path from the root. */
  readonly files: readonly TestFile[]
}

export interface TestFile {
  readonly path: string
  readonly needs: readonly Need[]
}

/** What each part of a test file's name before `.test.ts` asks for; the last one also names the suite. */
const needOf: Readonly<Record<string, Need>> = {
  browser: "chromium",
  real: "java",
  power: "loop",
  pycrdt: "pycrdt",
  corpus: "corpus",
}

const minute = 60_000

const limitsMs: Readonly<Record<string, number>> = {
  hermetic: 12 * minute,
  browser: 14 * minute,
  real: 20 * minute,
  power: 6 * minute,
  pycrdt: 4 * minute,
  corpus: 8 * minute,
}

/** Every suite, in the order in which they run, with the files under `root` that belong to it. */
export function findSuites(root: string): readonly Suite[] {
  const paths = globSync(
    [
      "packages/*/test/**/*.test.ts",
      "apps/*/test/**/*.test.ts",
      "bench/test/**/*.test.ts",
      "soak/test/**/*.test.ts",
      "tools/**/*.test.ts",
    ],
    {
      cwd: root,
    },
  )
  const files = [...paths].sort((a, b) => (a < b ? -1 : 1)).map((path) => ({ path, ...placeOf(path) }))
  return Object.entries(limitsMs).map(([name, limitMs]) => ({
    name,
    limitMs,
    files: files.filter((file) => file.suite === name).map(({ path, needs }) => ({ path, needs })),
  }))
}

/** `x.real.browser.test.ts` belongs to suite `browser` and needs Java as well. */
export function placeOf(path: string): { readonly suite: string; readonly needs: readonly Need[] } {
  const suffixes = basename(path)
    .split(".")
    .slice(1, -2)
    .filter((part) => part in needOf)
  const needs = suffixes.map((part) => needOf[part]).filter((need) => need !== undefined)
  return { suite: suffixes.at(-1) ?? "hermetic", needs }
}
