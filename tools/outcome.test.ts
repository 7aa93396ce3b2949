import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { tempDir } from "@millrace/testkit"
import { describe, expect, test } from "vitest"
import { type Outcome, report } from "./outcome.ts"
import { readResult } from "./run-suite.ts"
import { findSuites, placeOf } from "./suites.ts"
import { root } from "./repository.ts"

const outcome = (over: Partial<Outcome>): Outcome => ({
  name: "some",
  passed: 0,
  failed: 0,
  skipped: 0,
  elapsedMs: 1234,
  problems: [],
  ...over,
})
const lastLine = (text: string): string | undefined => text.split("\n").at(-1)

describe("the closing report", () => {
  test("ends with the totals alone on the last line", () => {
    const { text, failed } = report([outcome({ passed: 3 }), outcome({ passed: 4, failed: 2 })], [], false)
    expect(lastLine(text)).toBe("7 passed, 2 failed")
    expect(failed).toBe(2)
  })

  test("names what did not run and what it needs, and counts it only where everything is required", () => {
    const notRun = [
      { name: "power", needs: "root", exempt: false },
      { name: "corpus", needs: "the corpus", exempt: true },
    ]
    const free = report([outcome({ passed: 1 })], notRun, false)
    expect(free.text).toContain("not run: power needs root")
    expect(free.text).toContain("not run: corpus needs the corpus")
    expect(lastLine(free.text)).toBe("1 passed, 0 failed")
    expect(lastLine(report([outcome({ passed: 1 })], notRun, true).text)).toBe("1 passed, 1 failed")
  })

  test("never counts a skipped test as passed, and as failed where everything is required", () => {
    const skipping = [outcome({ passed: 1, skipped: 2 })]
    expect(report(skipping, [], false).text).toContain("2 skipped")
    expect(lastLine(report(skipping, [], false).text)).toBe("1 passed, 0 failed")
    expect(lastLine(report(skipping, [], true).text)).toBe("1 passed, 2 failed")
  })
})

describe("a suite's result", () => {
  const read = (result: object, end: string): ReturnType<typeof readResult> => {
    const path = join(tempDir("result"), "result.json")
    writeFileSync(
      path,
      JSON.stringify({
        numPassedTests: 0,
        numFailedTests: 0,
        numPendingTests: 0,
        numTodoTests: 0,
        testResults: [],
        ...result,
      }),
    )
    return readResult(path, end)
  }

  test("is vitest's counts where all is well", () => {
    expect(read({ numPassedTests: 5, numPendingTests: 1 }, "code 0")).toEqual({
      passed: 5,
      failed: 0,
      skipped: 1,
      problems: [],
    })
  })

  test("is a failure when no test ran", () => {
    expect(read({}, "code 0")).toMatchObject({ failed: 1, problems: ["ran no test"] })
  })

  test("is a failure for each file that did not load", () => {
    const testResults = [{ name: "a.test.ts", status: "failed", assertionResults: [] }]
    expect(read({ numPassedTests: 5, testResults }, "code 1")).toMatchObject({ passed: 5, failed: 1 })
  })

  test("is a failure when vitest failed though no test did", () => {
    expect(read({ numPassedTests: 5 }, "code 1")).toMatchObject({ passed: 5, failed: 1 })
  })

  test("is a failure when vitest was killed before it wrote one", () => {
    const result = readResult(join(tempDir("result"), "none.json"), "SIGKILL")
    expect(result).toMatchObject({ passed: 0, failed: 1, problems: ["ended with SIGKILL and left no result"] })
  })
})

describe("suites", () => {
  test("follow from suffixes: the last names the suite, each adds a need", () => {
    expect(placeOf("packages/a/test/x.test.ts")).toEqual({ suite: "hermetic", needs: [] })
    expect(placeOf("packages/a/test/x.browser.test.ts")).toEqual({ suite: "browser", needs: ["chromium"] })
    expect(placeOf("apps/a/test/x.real.browser.test.ts")).toEqual({ suite: "browser", needs: ["java", "chromium"] })
    expect(placeOf("apps/a/test/version-1.2.power.test.ts")).toEqual({ suite: "power", needs: ["loop"] })
  })

  test("find the files of this repository", () => {
    const suites = findSuites(root)
    expect(suites.map(({ name }) => name)).toEqual(["hermetic", "browser", "real", "power", "pycrdt", "corpus"])
    expect(suites[0]?.files.map(({ path }) => path)).toContain("tools/outcome.test.ts")
    expect(suites[1]?.files).toContainEqual({
      path: "packages/testkit/test/browser.browser.test.ts",
      needs: ["chromium"],
    })
  })
})
