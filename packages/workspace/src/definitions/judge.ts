import type { DefinitionDocument } from "./content.ts"
import type { DocumentCollection } from "./definition-schema.ts"
import { graphProblems } from "./graph-problems.ts"
import type { DefinitionProblem } from "./problem.ts"
import { bundleFaults, coordinatorFaults, datasetFaults, type FieldFault } from "./schedule-problems.ts"
import { schemaProblems } from "./schema-problems.ts"
import type { RecordSource } from "./source.ts"
import { nodesOf } from "./workflow-graph.ts"
import { credentialProblems } from "./workflow-problems.ts"
import { listField } from "./write-parts.ts"

/** Everything that is wrong with the merged whole of a definition; empty where it is fit to be sent. */
export function judgeDefinition(
  source: RecordSource,
  collection: DocumentCollection,
  id: string,
  document: DefinitionDocument,
): readonly DefinitionProblem[] {
  const record = source.get(collection, id)
  if (record === undefined) return []
  const nodes = collection === "workflows" ? nodesOf(source, id) : []
  return [
    ...(collection === "workflows" ? graphProblems(source, id) : []),
    ...schemaProblems(collection, id, record, document, nodes),
    ...credentialProblems(record, nodes),
    ...own(collection, record).map(([field, reason]) => ({ collection, id, field, reason })),
  ]
}

function own(collection: DocumentCollection, record: Parameters<typeof coordinatorFaults>[0]): readonly FieldFault[] {
  switch (collection) {
    case "workflows":
      return []
    case "coordinators":
      return coordinatorFaults(record)
    case "bundles":
      return bundleFaults(record)
    case "datasetDefinitions":
      return datasetFaults(listField(record, "datasets")).map((fault) => ["datasets", fault])
  }
}
