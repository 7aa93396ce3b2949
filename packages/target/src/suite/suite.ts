import { commonCases } from "./common-cases.ts"
import { httpCases } from "./http-cases.ts"
import { stateCases } from "./state-cases.ts"
import type { SuiteCase, SuiteOptions } from "./subject.ts"
import { worldCases } from "./world-cases.ts"

/**
 * The contract of a target as cases for any test runner:
 *
 *     for (const { title, run } of targetSuite("log", options)) test(title, run)
 *
 * Every target runs it against a fake of its server, and against the real one where that runs.
 */
export function targetSuite(shape: "log" | "state", options: SuiteOptions): readonly SuiteCase[] {
  return [
    ...commonCases(options),
    ...(options.http ? httpCases(options) : []),
    ...(shape === "state" ? [...stateCases(options), ...worldCases(options)] : []),
  ]
}
