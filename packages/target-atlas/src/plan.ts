import { type Change, fieldDiff, type PlannedStep } from "@millrace/target"
import type { TermNames } from "./glossary.ts"
import type { AtlasMapping } from "./mapping.ts"
import { readFields } from "./read-back.ts"
import type { Decision, Step } from "./step.ts"

/** What `apply` would do for a change, of whose record `step` is the latest. */
export function planOf(
  mapping: AtlasMapping,
  change: Change,
  step: Step,
  decision: Decision | undefined,
  terms: TermNames | undefined,
): PlannedStep {
  const { collection, id } = change
  if (step.change !== change) {
    return {
      collection,
      id,
      action: "none",
      summary: `version ${change.version} is overtaken by ${step.change.version}`,
    }
  }
  switch (decision?.type) {
    case "create":
      return { collection, id, action: "create", summary: `create ${step.name}`, diff: fieldDiff(null, change.after) }
    case "update":
    case "delete": {
      const held = readFields(mapping, step.namespace, collection, id, decision.entity, terms)
      const diff = fieldDiff(held, change.after)
      return { collection, id, action: decision.type, summary: `${decision.type} ${step.name}`, diff }
    }
    case "conflict":
      return { collection, id, action: "none", summary: decision.reason, problem: decision.reason }
    case "none":
    case undefined:
      return { collection, id, action: "none", summary: `${step.name} is as it should be` }
  }
}
