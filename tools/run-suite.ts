import { spawn } from "node:child_process"
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Outcome } from "./outcome.ts"

export interface SuiteRun {
  readonly root: string
  readonly name: string
  /** vitest projects to run; `"!x"` leaves one out. */
  readonly projects: readonly string[]
  /** Paths of test files to leave out. */
  readonly exclude: readonly string[]
  readonly limitMs: number
}

/** Runs vitest in a process group of its own, killed when the limit passes or this process is told to stop. */
export async function runSuite(run: SuiteRun): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), "millrace-suite-"))
  const resultFile = join(folder, "result.json")
  const startedAtMs = performance.now()
  try {
    const end = await runVitest(run, resultFile)
    return { name: run.name, elapsedMs: performance.now() - startedAtMs, ...readResult(resultFile, end) }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function runVitest(run: SuiteRun, resultFile: string): Promise<string> {
  const child = spawn(
    process.execPath,
    [
      "--conditions=source",
      join(run.root, "node_modules/vitest/vitest.mjs"),
      "run",
      ...run.projects.flatMap((project) => ["--project", project]),
      ...run.exclude.flatMap((path) => ["--exclude", `**/${path}`]),
      "--reporter=default",
      "--reporter=json",
      `--outputFile.json=${resultFile}`,
    ],
    { cwd: run.root, stdio: ["ignore", "inherit", "inherit"], detached: true },
  )
  return superviseGroup(child, run.limitMs)
}

/** Resolves with "code N", a signal's name, or that the limit passed. */
export function superviseGroup(child: ReturnType<typeof spawn>, limitMs: number): Promise<string> {
  const killGroup = (): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL")
    } catch {
      // Gone already.
    }
  }
  const stop = (): void => {
    killGroup()
    process.exit(130)
  }
  process.once("SIGINT", stop).once("SIGTERM", stop).once("SIGHUP", stop)
  return new Promise((resolve) => {
    let late = false
    const timer = setTimeout(() => {
      late = true
      killGroup()
    }, limitMs)
    child.once("error", (error) => resolve(error.message))
    child.once("exit", (code, signal) => {
      clearTimeout(timer)
      process.off("SIGINT", stop).off("SIGTERM", stop).off("SIGHUP", stop)
      // Workers of a runner that died are not left behind.
      killGroup()
      resolve(late ? `killed: over its limit of ${limitMs / 60_000} minutes` : (signal ?? `code ${String(code)}`))
    })
  })
}

interface VitestResult {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numPendingTests: number
  readonly numTodoTests: number
  readonly testResults: readonly {
    readonly name: string
    readonly status: string
    readonly assertionResults: readonly unknown[]
  }[]
}

type Counts = Omit<Outcome, "name" | "elapsedMs">

/** Counts from vitest's report; what went wrong outside any test counts as one failure each. */
export function readResult(resultFile: string, end: string): Counts {
  if (!existsSync(resultFile)) {
    return { passed: 0, failed: 1, skipped: 0, problems: [`ended with ${end} and left no result`] }
  }
  const result = JSON.parse(readFileSync(resultFile, "utf8")) as VitestResult
  const problems = result.testResults
    .filter((file) => file.status === "failed" && file.assertionResults.length === 0)
    .map((file) => `${file.name} did not load`)
  const executed = result.numPassedTests + result.numFailedTests
  if (executed + problems.length === 0) problems.push("ran no test")
  // An unhandled error, or a hook that failed after its tests had passed.
  if (end !== "code 0" && result.numFailedTests + problems.length === 0) {
    problems.push(`ended with ${end} though no test failed; its output above says why`)
  }
  return {
    passed: result.numPassedTests,
    failed: result.numFailedTests + problems.length,
    skipped: result.numPendingTests + result.numTodoTests,
    problems,
  }
}
