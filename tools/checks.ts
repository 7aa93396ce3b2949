import { spawn } from "node:child_process"
import { join } from "node:path"
import type { Outcome } from "./outcome.ts"
import { superviseGroup } from "./run-suite.ts"

interface Check {
  readonly name: string
  /** Each is a program under node_modules with its arguments; the check stops at the first that fails. */
  readonly commands: readonly (readonly string[])[]
  readonly help: string
}

const checks: readonly Check[] = [
  {
    name: "types",
    // Sources by their project references; tests and tools, which no reference names, by a project of their own.
    commands: [
      ["typescript/bin/tsc", "-b"],
      ["typescript/bin/tsc", "-p", "tsconfig.tests.json"],
    ],
    help: "",
  },
  { name: "lint", commands: [["oxlint/bin/oxlint", "--type-aware", "--deny-warnings"]], help: "" },
  { name: "format", commands: [["oxfmt/bin/oxfmt", "--check"]], help: "npm run format mends this" },
  // After the types: it reads what they emitted.
  { name: "api", commands: [["../tools/api-docs.ts", "--check"]], help: "npm run api mends this" },
]

/** Types, lint, format and docs/api of the whole repository, each counted as one item. */
export async function runChecks(root: string): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = []
  for (const check of checks) {
    const startedAtMs = performance.now()
    const ends: string[] = []
    for (const [program = "", ...args] of check.commands) {
      if (ends.some((end) => end !== "code 0")) break
      const child = spawn(process.execPath, [join(root, "node_modules", program), ...args], {
        cwd: root,
        stdio: ["ignore", "inherit", "inherit"],
        detached: true,
      })
      ends.push(await superviseGroup(child, 300_000))
    }
    const bad = ends.find((end) => end !== "code 0")
    outcomes.push({
      name: check.name,
      passed: bad === undefined ? 1 : 0,
      failed: bad === undefined ? 0 : 1,
      skipped: 0,
      elapsedMs: performance.now() - startedAtMs,
      problems: bad === undefined ? [] : [`ended with ${bad}${check.help === "" ? "" : `; ${check.help}`}`],
    })
  }
  return outcomes
}
