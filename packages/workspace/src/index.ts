export type { CatalogColumn, CatalogExpression, CatalogPartition, CatalogTable } from "./catalog-table.ts"
export { exportCatalog, type ExportedCatalog } from "./export-catalog.ts"
export { importCatalog, type ImportOptions, type ImportResult } from "./import-catalog.ts"
export { inspectCatalog, parseCatalog, type ParsedCatalog } from "./parse-catalog.ts"
export {
  columnId,
  type ColumnRole,
  type PlatformRecords,
  platformSchema,
  type PlatformSchema,
} from "./platform-schema.ts"
export { type CatalogProblem, maxProblems } from "./problems.ts"
export { sampleCatalog } from "./sample-catalog.ts"
