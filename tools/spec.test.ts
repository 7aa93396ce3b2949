import { expect, test } from "vitest"
import { filesLike, read } from "./repository.ts"

interface Title {
  readonly id: string
  readonly path: string
}

/** Rule ids in SPEC.md, in the order in which they stand: `- **R12** ...`. */
const rules = [...read("SPEC.md").matchAll(/^- \*\*([A-Z]\d+)\*\* /gm)].map((match) => match[1] ?? "")

/** Titles that start with a rule's id, plain or by template, also through test.each, test.for, it and describe. */
function titlesIn(path: string): readonly Title[] {
  const calls = /\b(?:test|it|describe)\b(?:\.\w+)*(?:\((?:[^()"'`]|\([^()]*\))*\)\s*)?\(\s*["'`]([A-Z]\d+)(?![\w-])/g
  // The table of a test.each may hold quotes and brackets of its own; its end stands before the title.
  const afterTables = /\]\s*\)\(\s*["'`]([A-Z]\d+)(?![\w-])/g
  const text = read(path)
  return [calls, afterTables].flatMap((pattern) =>
    [...text.matchAll(pattern)].map((match) => ({ id: match[1] ?? "", path })),
  )
}

const files = filesLike(
  "packages/*/test/**/*.test.ts",
  "apps/*/test/**/*.test.ts",
  "soak/test/**/*.test.ts",
  "tools/**/*.test.ts",
)
// Suites that drivers and targets share are tests too, though no file of theirs ends in .test.ts.
const suites = filesLike("packages/*/src/suite/**/*.ts", "packages/testkit/src/**/*.ts")
const titles = [...files, ...suites].flatMap(titlesIn)

test("no rule stands twice, and each letter's rules stand in order", () => {
  for (const letter of new Set(rules.map((id) => id[0]))) {
    const numbers = rules.filter((id) => id[0] === letter).map((id) => Number(id.slice(1)))
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b))
  }
})

test("every rule of SPEC.md has a test whose title starts with its id", () => {
  const proved = new Set(titles.map(({ id }) => id))
  expect(rules.filter((id) => !proved.has(id))).toEqual([])
})

test("every id that a title starts with is a rule of SPEC.md", () => {
  expect(titles.filter(({ id }) => !rules.includes(id)).map(({ id, path }) => `${id} in ${path}`)).toEqual([])
})
