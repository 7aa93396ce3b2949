import type { PlainRecord } from "@millrace/model"
import { attributeOf, elementsOf } from "./content.ts"
import type { DefinitionProblem } from "./problem.ts"
import type { WorkflowNode } from "./workflow-graph.ts"
import { attributePairs, listField } from "./write-parts.ts"

/** Credentials that an action asks for and the workflow does not have. */
export function credentialProblems(record: PlainRecord, nodes: readonly WorkflowNode[]): readonly DefinitionProblem[] {
  const known = new Set(elementsOf(listField(record, "credentials")).map((each) => attributeOf(each, "name")))
  return nodes.flatMap((node) => {
    const asked = attributePairs(node.record, "attributes").find(([name]) => name === "cred")?.[1] ?? ""
    return asked
      .split(",")
      .map((name) => name.trim())
      .filter((name) => name !== "" && !name.includes("${") && !known.has(name))
      .map((name) => ({
        collection: "workflowNodes",
        id: node.id,
        field: "attributes",
        reason: `the action "${node.name}" asks for the credentials "${name}", which the workflow does not have`,
      }))
  })
}
