import { canonicalJson, recordHash, type Sha256Hex, sha256Hex } from "@millrace/model"
import type { DefinitionDocument } from "./content.ts"
import type { DocumentCollection } from "./definition-schema.ts"
import { judgeDefinition } from "./judge.ts"
import type { DefinitionProblem } from "./problem.ts"
import type { RecordSource } from "./source.ts"
import { writeDocument } from "./write-document.ts"

/** One definition as a whole: what a target is given, or why it is given nothing. */
export interface Definition {
  readonly collection: DocumentCollection
  readonly id: string
  /** Where it lies in its tree. */
  readonly path: string
  /** What to print; never to be sent while there are problems. */
  readonly document: DefinitionDocument
  /** Empty where the whole is fit to be sent. */
  readonly problems: readonly DefinitionProblem[]
  /** SHA-256 of the canonical form of `document`: the identity of the definition's content, comments included. */
  readonly hash: string
}

/**
 * Puts a definition together from its records: the document, its nodes and transitions.
 *
 * Pure: the same records give the same document and hash on every machine. Undefined where there is no such record.
 * Never throws for what a merge has left. `sha256` as for `recordHash`.
 */
export function definitionOf(
  source: RecordSource,
  collection: DocumentCollection,
  id: string,
  sha256: Sha256Hex = sha256Hex,
): Definition | undefined {
  const document = writeDocument(source, collection, id)
  if (document === undefined) return undefined
  const path = source.get(collection, id)?.["path"]
  return {
    collection,
    id,
    path: typeof path === "string" ? path : "",
    document,
    problems: judgeDefinition(source, collection, id, document),
    hash: recordHash(canonicalJson(document), sha256),
  }
}
