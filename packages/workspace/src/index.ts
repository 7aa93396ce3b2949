export type { CatalogColumn, CatalogExpression, CatalogPartition, CatalogTable } from "./catalog-table.ts"
export { exportCatalog, type ExportedCatalog } from "./export-catalog.ts"
export { importCatalog, type ImportOptions, type ImportResult } from "./import-catalog.ts"
export {
  type ClassificationAttributes,
  governanceFields,
  type GovernanceFields,
  type Scalar,
} from "./governance-schema.ts"
export { inspectCatalog, parseCatalog, type ParsedCatalog } from "./parse-catalog.ts"
export { type LineageCollections, lineageCollections } from "./lineage-schema.ts"
export {
  columnId,
  type ColumnRole,
  type PlatformRecords,
  platformSchema,
  type PlatformSchema,
} from "./platform-schema.ts"
export { type CatalogProblem, maxProblems } from "./problems.ts"
export { sampleCatalog } from "./sample-catalog.ts"
export {
  type Comment,
  type Content,
  type DefinitionDocument,
  type Element,
  type Instruction,
  isElement,
  type Markup,
  type Pair,
} from "./definitions/content.ts"
export { type Definition, definitionOf } from "./definitions/definition-of.ts"
export {
  type DefinitionCollections,
  definitionCollections,
  type DocumentCollection,
  documentCollections,
} from "./definitions/definition-schema.ts"
export type { DefinitionProblem } from "./definitions/problem.ts"
export { type RecordSource, sourceOf, sourceOfRecords } from "./definitions/source.ts"
export {
  type NodeKind,
  nodeKinds,
  type TransitionKind,
  transitionKinds,
  type WorkflowCollections,
} from "./definitions/workflow-schema.ts"
export type { ScheduleCollections } from "./definitions/schedule-schema.ts"
export { nodesOf, type WorkflowNode, type WorkflowTransition } from "./definitions/workflow-graph.ts"
export { type ExportedFile, type ExportedTree, exportDefinitions } from "./definitions/export-definitions.ts"
export { type ImportedDefinition, importDefinition } from "./definitions/import-definition.ts"
export { importProperties } from "./definitions/properties-file.ts"
export { deleteNode, insertAction, moveTransition, type NewAction, renameNode } from "./definitions/edit-workflow.ts"
export { elLiteral, type ElReading, type ElUse, readEl } from "./definitions/el.ts"
export { isDefinition } from "./definitions/read-document.ts"
export { isRelativePath } from "./definitions/fields.ts"
export { orderBetween } from "./definitions/order-keys.ts"
export { schemaNames } from "./definitions/schemas.ts"
export { type FormField, type FormFields, type Property, readForm, writeForm } from "./definitions/action-form.ts"
export { type ActionForms, actionForms } from "./definitions/action-forms.ts"
export { frequencyFault } from "./definitions/frequency.ts"
