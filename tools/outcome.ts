/** How one suite, or one check, went. */
export interface Outcome {
  readonly name: string
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  readonly elapsedMs: number
  /** One line for each thing that failed and is no test: a file that did not load, a limit that passed. */
  readonly problems: readonly string[]
}

/** A suite, or a part of one, that did not run, and what it needs. */
export interface NotRun {
  readonly name: string
  readonly needs: string
  /** With everything required, whether this fails the run. */
  readonly exempt: boolean
}

/**
 * The closing report, whose last line is `N passed, N failed` and nothing else.
 *
 * With `requireAll`, whatever did not run counts as failed, a skipped test too; only what is exempt does not.
 */
export function report(
  outcomes: readonly Outcome[],
  notRun: readonly NotRun[],
  requireAll: boolean,
): { readonly text: string; readonly failed: number } {
  const rows = outcomes.map((outcome) => [
    outcome.name,
    `${outcome.passed} passed`,
    `${outcome.failed} failed`,
    outcome.skipped === 0 ? "" : `${outcome.skipped} skipped`,
    `${(outcome.elapsedMs / 1000).toFixed(1)} s`,
  ])
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(0, ...rows.map((row) => row[column]?.length ?? 0)))
  const lines = rows.map((row) =>
    `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")}`.trimEnd(),
  )

  const refused = requireAll ? notRun.filter((part) => !part.exempt) : []
  const skipped = requireAll ? sum(outcomes, (outcome) => outcome.skipped) : 0
  for (const { name, problems } of outcomes) for (const problem of problems) lines.push(`  ${name}: ${problem}`)
  for (const part of notRun) lines.push(`  not run: ${part.name} needs ${part.needs}`)
  if (refused.length + skipped > 0) {
    lines.push(`  MILLRACE_REQUIRE=all: ${refused.length} not run and ${skipped} skipped count as failed`)
  }

  const passed = sum(outcomes, (outcome) => outcome.passed)
  const failed = sum(outcomes, (outcome) => outcome.failed) + refused.length + skipped
  return { text: ["", ...lines, "", `${passed} passed, ${failed} failed`].join("\n"), failed }
}

function sum(outcomes: readonly Outcome[], value: (outcome: Outcome) => number): number {
  return outcomes.reduce((total, outcome) => total + value(outcome), 0)
}
