export { browserTabs } from "./browser-tabs.ts"
export { Capture } from "./capture/capture.ts"
export type { CaptureEvent, CaptureOptions } from "./capture/capture-options.ts"
export { type ChangeFeed, endOfLog, readLog } from "./capture/change-feed.ts"
export type {
  ChangeEvent,
  ChangeListener,
  ChangesOptions,
  LogRecord,
  StoreChange,
  StoreReset,
} from "./capture/changes.ts"
export { cleanKey, isHidden, journalOf, type JournalRecord, logStore, metaStore } from "./capture/journal.ts"
export { keyOfText, textOfKey } from "./capture/key-text.ts"
export type { IndexedDBRealm } from "./capture/natives.ts"
export { sameClone, tagOf } from "./capture/same-clone.ts"
export { keysNamed, type Known, stepsOf } from "./capture/steps.ts"
export { drainedKey, journaledStores, readRows } from "./capture/sweep.ts"
export { type Deferred, deferred } from "./deferred.ts"
export {
  DocStore,
  type DocStoreOptions,
  type DocStoreState,
  type LoadBoundary,
  type LoadReport,
  type Reflected,
  type StoredKeys,
} from "./doc-store.ts"
export { addKeys, coversKeys, firstKeyOutside, hasKey, type KeyRanges } from "./key-ranges.ts"
export { Mirror } from "./mirror/mirror.ts"
export type {
  MirrorChange,
  MirrorEvent,
  MirrorProgress,
  MirrorReset,
  MirrorState,
  MirrorStatus,
  UniqueViolation,
} from "./mirror/mirror-api.ts"
export type { MirroredUpdates, MirrorLimits, MirrorOptions } from "./mirror/mirror-options.ts"
export type { MirrorPosition, RebuildCursor } from "./mirror/mirror-position.ts"
export { type MirrorRow, recordOfRow, rowName, rowOf } from "./mirror/mirror-row.ts"
export { type MirrorStateEvent, nextMirrorState } from "./mirror/mirror-state.ts"
export { inTransaction } from "./in-transaction.ts"
export { type MirrorIndex, type MirrorStore, type MirrorStores, storesOf } from "./mirror/mirror-stores.ts"
export { processTabs, type TabChannel, type Tabs } from "./mirror/tabs.ts"
export { statusDatabaseName, updatesDatabaseName } from "./names.ts"
export type {
  StatusChanges,
  StatusPosition,
  StatusRow,
  StatusSnapshot,
  StatusState,
  StatusTarget,
} from "./status-row.ts"
export { endOf, resultOf } from "./open-database.ts"
export { joinPositions, StatusStore, statusStore, type StatusStoreOptions } from "./status-store.ts"
export { faultOfAbort, StorageFault, type StorageFaultCause } from "./storage-fault.ts"
