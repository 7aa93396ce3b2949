import type { UnitSchema } from "@millrace/model"
import type { DocumentCollection } from "./definition-schema.ts"
import { definitionOf } from "./definition-of.ts"

/** Each definition is judged as the whole that it is sent as. */
export const definitionUnits: readonly UnitSchema[] = [
  unitOf("workflows", { workflowNodes: "workflow", workflowTransitions: "workflow" }),
  unitOf("coordinators", {}),
  unitOf("bundles", {}),
  unitOf("datasetDefinitions", {}),
]

function unitOf(root: DocumentCollection, members: UnitSchema["members"]): UnitSchema {
  return { root, members, judge: (reader, id) => problemsOf(root, reader, id) }
}

function problemsOf(
  ...[collection, source, id]: [DocumentCollection, ...Parameters<UnitSchema["judge"]>]
): ReturnType<UnitSchema["judge"]> {
  return definitionOf(source, collection, id, () => "")?.problems ?? []
}
