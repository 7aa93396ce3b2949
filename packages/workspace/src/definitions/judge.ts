import type { DefinitionDocument } from "./content.ts"
import type { DocumentCollection } from "./definition-schema.ts"
import { graphProblems } from "./graph-problems.ts"
import type { DefinitionProblem } from "./problem.ts"
import type { RecordSource } from "./source.ts"

/** Everything that is wrong with the merged whole of a definition; empty where it is fit to be sent. */
export function judgeDefinition(
  source: RecordSource,
  collection: DocumentCollection,
  id: string,
  _document: DefinitionDocument,
): readonly DefinitionProblem[] {
  return collection === "workflows" ? graphProblems(source, id) : []
}
