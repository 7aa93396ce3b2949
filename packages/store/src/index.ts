export type { HistoryEntry, Lease, NewEntry, Snapshot, Store, StoredEntry, StreamHead } from "./store.ts"
