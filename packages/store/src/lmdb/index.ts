export { makeFolder } from "./folder.ts"
export { type FolderLock, lockFolder } from "./folder-lock.ts"
export type { StoreStep } from "./driver.ts"
export { type LmdbStoreOptions, openLmdbStore } from "./open.ts"
