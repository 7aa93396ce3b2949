export type { NewEntry, Store, StoredEntry, StreamHead } from "./store.ts"
