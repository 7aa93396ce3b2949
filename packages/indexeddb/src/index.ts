export { type Deferred, deferred } from "./deferred.ts"
export {
  DocStore,
  type DocStoreOptions,
  type DocStoreState,
  type LoadReport,
  type Reflected,
  type StoredKeys,
} from "./doc-store.ts"
export { addKeys, firstKeyOutside, hasKey, type KeyRanges } from "./key-ranges.ts"
export { statusDatabaseName, updatesDatabaseName } from "./names.ts"
export type {
  StatusChanges,
  StatusPosition,
  StatusRow,
  StatusSnapshot,
  StatusState,
  StatusTarget,
} from "./status-row.ts"
export { joinPositions, StatusStore, statusStore, type StatusStoreOptions } from "./status-store.ts"
export { faultOfAbort, StorageFault, type StorageFaultCause } from "./storage-fault.ts"
