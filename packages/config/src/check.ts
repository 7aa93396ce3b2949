import { MillraceError } from "@millrace/ports"
import * as v from "valibot"
import { type Config, configShape } from "./shape.ts"

/**
 * Checks a configuration and fills in its defaults.
 *
 * Throws kind `usage` with one line for each wrong field (`bindings[0].target: ...`); rules across fields are errors
 * like any other: a binding names a target that exists, names are used once.
 */
export function checkConfig(input: unknown, source: string): Config {
  const result = v.safeParse(configShape, input)
  const problems = result.success ? acrossFields(result.output) : result.issues.flatMap(linesOf)
  if (!result.success || problems.length > 0) {
    throw new MillraceError(`${source} cannot be used:\n${problems.map((line) => `  ${line}`).join("\n")}`, {
      kind: "usage",
    })
  }
  return result.output
}

function acrossFields(config: Config): string[] {
  const problems: string[] = []
  const targets = Object.keys(config.targets)
  const seen = new Set<string>()
  config.bindings.forEach((binding, index) => {
    if (!Object.hasOwn(config.targets, binding.target)) {
      const known = targets.length === 0 ? "there is none" : `there are: ${targets.join(", ")}`
      problems.push(`bindings[${index}].target: no target is named "${binding.target}"; ${known}`)
    }
    if (seen.has(binding.name)) problems.push(`bindings[${index}].name: "${binding.name}" is used twice`)
    seen.add(binding.name)
  })
  const keyIds = config.auth?.keys?.map((key) => key.id) ?? []
  keyIds.forEach((id, index) => {
    if (keyIds.indexOf(id) < index) problems.push(`auth.keys[${index}].id: "${id}" is used twice`)
  })
  return problems
}

function linesOf(issue: v.BaseIssue<unknown>): string[] {
  const path = pathOf(issue)
  if (issue.expected === "never") return [`${path}: is not a known setting`]
  if (issue.received === "undefined") return [`${path}: is missing`]
  return [`${path}: ${issue.message}`]
}

function pathOf(issue: v.BaseIssue<unknown>): string {
  const parts = (issue.path ?? []).map((item) => item.key)
  if (parts.length === 0) return "the whole file"
  return parts
    .map((key, index) => (typeof key === "number" ? `[${key}]` : `${index === 0 ? "" : "."}${String(key)}`))
    .join("")
}
