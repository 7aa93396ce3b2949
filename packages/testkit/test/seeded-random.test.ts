import { spawnSync } from "node:child_process"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterEach, expect, test } from "vitest"
import { seededRandom, tempDir } from "../src/index.ts"

const before = process.env["MILLRACE_SEED"]
afterEach(() => {
  if (before === undefined) delete process.env["MILLRACE_SEED"]
  else process.env["MILLRACE_SEED"] = before
})

const draws = (seed: number, label?: string): number[] => {
  const random = label === undefined ? seededRandom(seed) : seededRandom(seed).fork(label)
  return Array.from({ length: 50 }, () => random.int(1_000_000))
}

test("one seed gives one sequence, another seed and another label give others", () => {
  expect(draws(7)).toEqual(draws(7))
  expect(draws(7)).not.toEqual(draws(8))
  expect(draws(7, "a")).toEqual(draws(7, "a"))
  expect(draws(7, "a")).not.toEqual(draws(7, "b"))
})

test("a fork does not depend on what was drawn before", () => {
  const drawn = seededRandom(7)
  drawn.bytes(100)
  expect(drawn.fork("a").float()).toBe(seededRandom(7).fork("a").float())
})

test("draws stay in range and cover it", () => {
  const random = seededRandom()
  const counts = [0, 0, 0, 0, 0]
  for (let round = 0; round < 5000; round++) {
    const at = random.int(5)
    counts[at] = (counts[at] ?? 0) + 1
    const float = random.float()
    expect(float >= 0 && float < 1).toBe(true)
  }
  // 1,000 each, standard deviation 28: ten of them is never.
  for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(280)
  expect(new Set(random.bytes(5000)).size).toBe(256)
})

test("shuffle keeps every item and its argument, pick refuses an empty list", () => {
  const random = seededRandom(3)
  const items = [1, 2, 3, 4, 5, 6, 7, 8]
  const shuffled = random.shuffle(items)
  expect(items).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
  expect(shuffled).not.toEqual(items)
  expect([...shuffled].sort((a, b) => a - b)).toEqual(items)
  expect(items).toContain(random.pick(items))
  expect(() => random.pick([])).toThrow("at least one")
})

test("MILLRACE_SEED rules where no seed is given, and must be a number", () => {
  process.env["MILLRACE_SEED"] = "41"
  expect(seededRandom().seed).toBe(41)
  process.env["MILLRACE_SEED"] = "soon"
  expect(() => seededRandom()).toThrow('MILLRACE_SEED is "soon"')
})

test("a red test prints its seeds, a green one does not", () => {
  const folder = tempDir()
  const root = join(import.meta.dirname, "../../..")
  const file = join(folder, "red.test.ts")
  writeFileSync(
    file,
    `import { expect, test } from "vitest"
    import { seededRandom } from ${JSON.stringify(join(root, "packages/testkit/src/index.ts"))}
    test("green", () => void seededRandom(111))
    test("red", () => { seededRandom(222); expect(1).toBe(2) })`,
  )
  writeFileSync(
    join(folder, "vitest.config.ts"),
    `export default {
      resolve: { conditions: ["source"] }, ssr: { resolve: { conditions: ["source"] } },
      server: { fs: { strict: false } },
      test: { root: ${JSON.stringify(folder)}, include: ["red.test.ts"], setupFiles: [${JSON.stringify(join(root, "tools/vitest-setup.ts"))}] },
    }`,
  )
  const vitest = join(root, "node_modules/vitest/vitest.mjs")
  const result = spawnSync(
    process.execPath,
    ["--conditions=source", vitest, "run", "--config", join(folder, "vitest.config.ts")],
    {
      cwd: root,
      encoding: "utf8",
    },
  )
  expect(result.stderr + result.stdout).toContain('seeds of "red": MILLRACE_SEED=222')
  expect(result.stderr + result.stdout).not.toContain("MILLRACE_SEED=111")
  expect(result.status).toBe(1)
})
